import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { WorkerAddress } from '../../src/ports/bus.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { type RedisStoreConnection, RedisStore, redisStoreConnection } from '../../src/store/redis/redis-store.ts'
import type { RedisStoreLimits } from '../../src/store/redis/redis-store.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../src/telemetry/system-random.ts'
import { RecordingLog } from './recording-log.ts'
import { RedisServer, type RedisServerOptions } from './redis-server.ts'

/** How a store of a test differs from the usual one. */
export interface TestRedisStore {
  readonly clock?: Clock
  readonly clusterName?: string
  readonly home?: WorkerAddress
  readonly limits?: Partial<RedisStoreLimits>
  readonly waitReplicas?: number
  readonly connection?: Partial<RedisStoreConnection>
  /** Of a proxy before the server. */
  readonly port?: number
}

/** A redis-server of one test file, and the stores on it, each with a connection of its own. */
export class RedisStores {
  readonly server: RedisServer
  readonly log: RecordingLog = new RecordingLog()
  #admin: Redis
  #open: RedisStore[] = []

  private constructor(server: RedisServer, admin: Redis) {
    this.server = server
    this.#admin = admin
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisStores> {
    const server = await RedisServer.start(undefined, { appendonly: 'no', ...options })
    return new RedisStores(server, await server.connect())
  }

  /** A client that looks at the keys themselves. */
  get admin(): Redis {
    return this.#admin
  }

  async open(how: TestRedisStore = {}): Promise<RedisStore> {
    const { clock = systemClock, clusterName = 'test', limits = {}, waitReplicas = 0, connection, port, home } = how
    const redis = await this.server.connect({ ...redisStoreConnection, ...connection }, port)
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    const store = await RedisStore.open({
      redis,
      clusterName,
      ...(home === undefined ? {} : { home }),
      limits,
      waitReplicas,
      clock,
      random: systemRandom,
      log: this.log,
      endOfTick,
    })
    this.#open.push(store)
    return store
  }

  /** Closes the stores and forgets everything; no background task may have failed. */
  async clear(): Promise<void> {
    for (const store of this.#open.splice(0)) await store.close()
    await this.#admin.flushall()
    assert.deepEqual(this.log.errors, [])
  }

  async stop(): Promise<void> {
    this.#admin.disconnect()
    await this.server.stop()
  }

  /** The keys of the cluster `test`, without its prefix, those of counters and batches left out. */
  async keys(): Promise<readonly string[]> {
    const keys = await this.#admin.keys('{test}:*')
    return keys
      .map(key => key.slice('{test}:'.length))
      .filter(key => !/^(?:format|epoch|bodies|dead|retained:bytes|tickets|lineage|appender:.*|call:.*)$/.test(key))
      .sort()
  }
}
