import { BackOff } from '../core/back-off.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'

const FIRST_MS = 100
const LONGEST_MS = 5_000
/** Two minutes of them; what is not written by then stays with this worker until its client comes back. */
const ATTEMPTS_MAX = 30

/** Repeats writes that nobody waits for while the store cannot be reached. */
export class StoreRetries {
  readonly #clock: Clock
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves when `write` has succeeded; rejects when it is refused, or has failed too often. */
  async run(write: () => Promise<void>): Promise<void> {
    const backOff = new BackOff(FIRST_MS, LONGEST_MS)
    for (let attempt = 1; ; attempt++) {
      try {
        return await write()
      } catch (error) {
        if (!isAway(error) || attempt === ATTEMPTS_MAX || this.#stopped) throw error
      }
      await new Promise<void>(resolve => this.#clock.after(backOff.nextDelayMs(), resolve))
    }
  }

  /** What fails from now on is not repeated. */
  stop(): void {
    this.#stopped = true
  }
}

function isAway(error: unknown): boolean {
  return error instanceof BrokerError && (error.code === 'STORE_UNAVAILABLE' || error.code === 'STORE_AWAY')
}
