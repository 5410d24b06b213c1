import type { Cluster, Redis } from 'ioredis'
import type { EndOfTick } from '../../core/end-of-tick.ts'
import { BrokerError } from '../../core/errors.ts'
import type { WorkerAddress } from '../../ports/bus.ts'
import type { Clock, Random } from '../../ports/clock.ts'
import type { QueueStore, RetainedStore, SessionStore, Store, SubscriptionStore } from '../../ports/store.ts'
import type { Log } from '../../ports/telemetry.ts'
import type { QueueLimits } from '../memory-queue.ts'
import type { RetainedLimits } from '../memory-retained.ts'
import { AppendLine } from './append-line.ts'
import { Cleaning } from './cleaning.ts'
import { RedisCalls } from './redis-calls.ts'
import { RedisQueues } from './redis-queues.ts'
import { RedisRetained } from './redis-retained.ts'
import { RedisSessions } from './redis-sessions.ts'
import { RedisSubscriptions } from './redis-subscriptions.ts'
import { listIn, stringIn } from './replies.ts'
import { checkFormatScript } from './scripts/check-format-script.ts'

/** Of the keys and what is in them; raised with every change that an older version cannot read. */
const FORMAT = 1
const OPEN_MS = 10_000
const SILENCE_MS = 5_000
const WAIT_MS = 1_000

/** Bounds of a {@link RedisStore}; those on sessions and retained messages are the whole cluster's. */
export interface RedisStoreLimits extends QueueLimits, RetainedLimits {
  readonly sessionsMax: number
  readonly subscriptionsPerSessionMax: number
}

const defaultRedisLimits: RedisStoreLimits = {
  sessionsMax: 1_000_000,
  subscriptionsPerSessionMax: 10_000,
  queuedMessagesMax: 1000,
  queuedBytesMax: 16 * 1024 * 1024,
  queueFull: 'discard',
  retainedMessagesMax: 1_000_000,
  retainedBytesMax: Infinity,
}

/** What a {@link RedisStore} is made of. */
export interface RedisStoreOptions {
  /**
   * Of its own, for a WAIT holds up whatever else is on it; opened with {@link redisStoreConnection}, and closed with the
   * store, or when that cannot be opened.
   */
  readonly redis: Redis | Cluster
  /** Of the cluster of brokers; every key begins with it. */
  readonly clusterName: string
  /** The worker whose store it is: once that was given up, nothing is appended any more; nobody when left out. */
  readonly home?: WorkerAddress
  readonly limits?: Partial<RedisStoreLimits>
  /** Replicas of Redis that must have a write before it is acknowledged; 0 when left out. */
  readonly waitReplicas?: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly endOfTick: EndOfTick
}

/** The options of a connection that a store asks for. */
export interface RedisStoreConnection {
  readonly autoResendUnfulfilledCommands: boolean
  readonly enableOfflineQueue: boolean
  readonly maxRetriesPerRequest: number
  readonly socketTimeout: number
  readonly reconnectOnError: (error: Error) => boolean
}

/**
 * How the connection of a store must be opened: nothing is sent twice behind the back of the store, what cannot be sent
 * is refused at once, and a Redis that says nothing for five seconds while it is asked counts as gone. For a Redis
 * Cluster these are the `redisOptions`, beside `retryDelayOnFailover: 0` and `enableOfflineQueue: false`.
 */
export const redisStoreConnection: RedisStoreConnection = {
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  socketTimeout: SILENCE_MS,
  // After a fail-over the address may be that of a replica.
  reconnectOnError: error => error.message.startsWith('READONLY'),
}

/** The store of many hosts, in one Redis or one slot of a Redis Cluster; see LAYOUT.md beside this file. */
export class RedisStore implements Store {
  readonly sessions: SessionStore
  readonly subscriptions: SubscriptionStore
  readonly queues: QueueStore
  readonly retained: RetainedStore
  readonly #redis: Redis | Cluster
  readonly #calls: RedisCalls
  readonly #line: AppendLine
  #setBack: () => void = () => {}

  private constructor(options: RedisStoreOptions, calls: RedisCalls, lineage: string) {
    const { redis, random, log } = options
    const limits = { ...defaultRedisLimits, ...options.limits }
    const cleaning = new Cleaning(calls, log)
    const name = random.hex(16)
    this.#line = new AppendLine({ calls, log, limits, name: options.home ?? name })
    this.#redis = redis
    this.#calls = calls
    const onSetBack = (): void => this.#setBack()
    this.sessions = new RedisSessions({ calls, cleaning, name, lineage, onSetBack, sessionsMax: limits.sessionsMax })
    this.subscriptions = new RedisSubscriptions(calls, limits.subscriptionsPerSessionMax)
    this.queues = new RedisQueues(calls, this.#line)
    this.retained = new RedisRetained(calls, cleaning, limits)
  }

  /**
   * Resolves once Redis has answered. Rejects with `STORE_AWAY` where it does not within ten seconds, and with
   * `STORE_DAMAGED` where another version has written there what this one cannot read.
   */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const { redis, clusterName, waitReplicas = 0 } = options
    const calls = new RedisCalls({ ...options, prefix: `{${clusterName}}:`, waitReplicas, waitMs: WAIT_MS })
    let lineage: string
    try {
      lineage = await checkFormat(calls, clusterName)
    } catch (error) {
      await calls.close()
      redis.disconnect()
      throw error
    }
    return new RedisStore(options, calls, lineage)
  }

  onSetBack(listener: () => void): void {
    this.#setBack = listener
  }

  /** Everything asked from now on is refused; resolves when what was asked before has been answered. */
  async close(): Promise<void> {
    await this.#line.close()
    await this.#calls.close()
    this.#redis.disconnect()
  }
}

/** Resolves with the replication id by which Redis goes. */
async function checkFormat(calls: RedisCalls, clusterName: string): Promise<string> {
  const answer = await calls.held(() => calls.call(checkFormatScript, [FORMAT]), OPEN_MS)
  const [format = '', lineage = ''] = listIn(answer).map(stringIn)
  if (format === String(FORMAT)) return lineage
  throw new BrokerError(
    'STORE_DAMAGED',
    `the keys of cluster ${clusterName} in Redis are of format ${format}; this version reads and writes ${FORMAT}`,
  )
}
