import { EndOfTick } from '../../src/core/end-of-tick.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { RedisCalls } from '../../src/store/redis/redis-calls.ts'
import { RedisSharedCache } from '../../src/store/redis/redis-shared-cache.ts'
import { RedisSharedRecords } from '../../src/store/redis/redis-shared-records.ts'
import { redisStoreConnection } from '../../src/store/redis/redis-store.ts'
import { systemClock } from '../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../src/telemetry/system-random.ts'
import { RecordingLog } from './recording-log.ts'
import { RedisServer } from './redis-server.ts'
import { Teardown } from './teardown.ts'

/** What one node shares with the others. */
export interface RedisShare {
  readonly cache: RedisSharedCache
  readonly records: RedisSharedRecords
}

/** A redis-server of one test file, and the connections of several nodes to it. */
export class RedisShares {
  readonly server: RedisServer
  readonly #teardown = new Teardown()

  private constructor(server: RedisServer) {
    this.server = server
    this.#teardown.add(server, opened => opened.stop())
  }

  static async start(): Promise<RedisShares> {
    return new RedisShares(await RedisServer.start(undefined, { appendonly: 'no' }))
  }

  /** Another node, by way of `port` where there is a proxy. */
  async join(clock: Clock = systemClock, port: number = this.server.port): Promise<RedisShare> {
    const redis = await this.server.connect(redisStoreConnection, port)
    this.#teardown.add(redis, async opened => opened.disconnect())
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    const log = new RecordingLog()
    const calls = new RedisCalls({ redis, prefix: '{test}:', clock, log, endOfTick, waitReplicas: 0, waitMs: 0 })
    return { cache: new RedisSharedCache(calls), records: new RedisSharedRecords(calls, systemRandom) }
  }

  stop(): Promise<void> {
    return this.#teardown.run()
  }
}
