import type { Clock } from '../../ports/clock.ts'
import type { SharedCache } from '../../ports/shared-cache.ts'
import { answeredInTime } from './answered-in-time.ts'
import type { RedisCalls } from './redis-calls.ts'
import { bytesIn, numberIn } from './replies.ts'
import { getSharedScript, lockScript, putSharedScript, unlockScript } from './scripts/shared-value-scripts.ts'

/** What the nodes of a cluster share for a while, in Redis. */
export class RedisSharedCache implements SharedCache {
  readonly #calls: RedisCalls
  readonly #clock: Clock

  constructor(calls: RedisCalls) {
    this.#calls = calls
    this.#clock = calls.clock
  }

  async get(name: string): Promise<Buffer | undefined> {
    const reply = await this.#inTime(this.#calls.call(getSharedScript, [name]))
    return reply === null ? undefined : bytesIn(reply)
  }

  async put(name: string, value: Buffer, lifetimeMs: number): Promise<void> {
    await this.#inTime(this.#calls.call(putSharedScript, [name, value, lifetimeMs]))
  }

  async lock(name: string, holder: string, holdMs: number): Promise<boolean> {
    return numberIn(await this.#inTime(this.#calls.call(lockScript, [name, holder, holdMs]))) === 1
  }

  async unlock(name: string, holder: string): Promise<void> {
    await this.#inTime(this.#calls.call(unlockScript, [name, holder]))
  }

  #inTime(call: Promise<unknown>): Promise<unknown> {
    return answeredInTime(this.#clock, call)
  }
}
