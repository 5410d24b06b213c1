import type { Cluster, Redis } from 'ioredis'
import type { Settings } from '../config/settings-type.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { SharedCache } from '../ports/shared-cache.ts'
import type { SharedRecords } from '../ports/shared-records.ts'
import type { Log } from '../ports/telemetry.ts'
import { RedisCalls } from '../store/redis/redis-calls.ts'
import { RedisSharedCache } from '../store/redis/redis-shared-cache.ts'
import { RedisSharedRecords } from '../store/redis/redis-shared-records.ts'
import { makeStoreConnection } from './redis-connection.ts'

const FIRST_WAIT_MS = 2_000

/** What the sharing of this node works with. */
export interface RedisSharingParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly endOfTick: EndOfTick
}

/** What this node shares with the others by way of Redis, over one connection of its primary. */
export class RedisSharing {
  readonly cache: SharedCache
  readonly records: SharedRecords
  readonly #redis: Redis | Cluster

  private constructor(redis: Redis | Cluster, calls: RedisCalls, random: Random) {
    this.#redis = redis
    this.cache = new RedisSharedCache(calls)
    this.records = new RedisSharedRecords(calls, random)
  }

  /**
   * Begins to connect, and goes on doing so by itself; resolves when it has, or after two seconds: what is shared is for
   * who can reach it. Undefined: there is no Redis. Throws `CONFIGURATION` where its certificates cannot be read.
   */
  static async open(settings: Settings, parts: RedisSharingParts): Promise<RedisSharing | undefined> {
    const { redisUrl, redisCaFile, clusterName } = settings
    if (redisUrl === undefined) return undefined
    const redis = makeStoreConnection({ redisUrl, redisCaFile }, parts.random)
    await connected(redis, parts.clock)
    const calls = new RedisCalls({ ...parts, redis, prefix: `{${clusterName}}:`, waitReplicas: 0, waitMs: 0 })
    return new RedisSharing(redis, calls, parts.random)
  }

  close(): void {
    this.#redis.disconnect()
  }
}

async function connected(redis: Redis | Cluster, clock: Clock): Promise<void> {
  await new Promise<void>(resolve => {
    const timer = clock.after(FIRST_WAIT_MS, resolve)
    redis.once('ready', () => {
      timer.cancel()
      resolve()
    })
  })
}
