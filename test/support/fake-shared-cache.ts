import { BrokerError } from '../../src/core/errors.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { SharedCache } from '../../src/ports/shared-cache.ts'

interface Kept<Value> {
  readonly value: Value
  readonly untilMs: number
}

/** What nodes share, in memory; a test may look into it, change it, and make it unreachable. */
export class FakeSharedCache implements SharedCache {
  away = false
  readonly values: Map<string, Kept<Buffer>> = new Map()
  readonly locks: Map<string, Kept<string>> = new Map()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(name: string): Promise<Buffer | undefined> {
    this.#reach()
    return this.#present(this.values, name)
  }

  async put(name: string, value: Buffer, lifetimeMs: number): Promise<void> {
    this.#reach()
    this.values.set(name, { value, untilMs: this.#clock.nowMs() + lifetimeMs })
  }

  async lock(name: string, holder: string, holdMs: number): Promise<boolean> {
    this.#reach()
    if ((this.#present(this.locks, name) ?? holder) !== holder) return false
    this.locks.set(name, { value: holder, untilMs: this.#clock.nowMs() + holdMs })
    return true
  }

  async unlock(name: string, holder: string): Promise<void> {
    this.#reach()
    if (this.#present(this.locks, name) === holder) this.locks.delete(name)
  }

  #present<Value>(kept: ReadonlyMap<string, Kept<Value>>, name: string): Value | undefined {
    const found = kept.get(name)
    return found !== undefined && this.#clock.nowMs() < found.untilMs ? found.value : undefined
  }

  #reach(): void {
    if (this.away) throw new BrokerError('STORE_AWAY', 'away')
  }
}
