import { BrokerError } from '../core/errors.ts'
import type { Store } from '../ports/store.ts'
import { background } from '../ports/telemetry.ts'
import { warnOfEviction } from '../store/redis/eviction.ts'
import { RedisStore, type RedisStoreOptions } from '../store/redis/redis-store.ts'
import type { StoreCallerOptions } from '../store/store-caller.ts'
import { StoreClient } from '../store/store-client.ts'
import type { WorkerPlan } from './control-messages.ts'
import { limitsOf } from './node-store.ts'
import { makeStoreConnection } from './redis-connection.ts'

/** What the store of a worker is made of. */
export interface WorkerStoreParts
  extends Omit<StoreCallerOptions, 'socketPath'>,
    Pick<RedisStoreOptions, 'random' | 'endOfTick'> {
  /** Redis cannot be reached, and why. */
  readonly onAway: (why: string) => void
}

type StorePlan = Pick<WorkerPlan, 'address' | 'number' | 'storeSocket' | 'settings'>

/**
 * Opens the store of a worker: that of its node, or the one in Redis. For Redis it waits however long that takes; rejects
 * with `STORE_DAMAGED` where what is there was written by another version.
 */
export async function openWorkerStore(plan: StorePlan, parts: WorkerStoreParts): Promise<Store> {
  const { storeSocket: socketPath, settings } = plan
  if (socketPath !== undefined) return await StoreClient.open({ ...parts, socketPath })
  if (settings.redisUrl === undefined) throw new BrokerError('CONFIGURATION', 'a worker needs a store')
  for (;;) {
    try {
      return await openInRedis(settings.redisUrl, plan, parts)
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'STORE_AWAY') throw error
      parts.onAway(error.message)
    }
  }
}

async function openInRedis(redisUrl: string, plan: StorePlan, parts: WorkerStoreParts): Promise<Store> {
  const { settings, address: home, number } = plan
  const { redisCaFile, clusterName, redisWait: waitReplicas } = settings
  const redis = makeStoreConnection({ redisUrl, redisCaFile }, parts.random)
  const onError = ({ message }: Error): void => parts.onAway(message)
  redis.on('error', onError)
  const store = await RedisStore.open({ ...parts, redis, clusterName, home, waitReplicas, limits: limitsOf(settings) })
  redis.off('error', onError)
  // Once for a node is enough.
  if (number === 1) background(parts.log, 'look at the memory policy of Redis', warnOfEviction(redis, parts.log))
  return store
}
