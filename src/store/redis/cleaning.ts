import { background, type Log } from '../../ports/telemetry.ts'
import type { RedisCalls } from './redis-calls.ts'
import { cleanScript } from './scripts/clean-script.ts'

/** Of one step: some 0.3 ms of Redis. */
const CLEANED_AT_ONCE = 200

/** Removes what nobody waits for, one bounded step after the other; a step that fails is left to the next beginning. */
export class Cleaning {
  readonly #calls: RedisCalls
  readonly #log: Log
  #running = false

  constructor(calls: RedisCalls, log: Log) {
    this.#calls = calls
    this.#log = log
  }

  /** Cleans in the background until nothing is left. */
  begin(): void {
    if (this.#running) return
    this.#running = true
    background(this.#log, 'cleaning of the store', this.#clean())
  }

  async #clean(): Promise<void> {
    try {
      while ((await this.#calls.call(cleanScript, [CLEANED_AT_ONCE])) === 1);
    } catch (error) {
      this.#log.debug('the store is cleaned later', { why: error instanceof Error ? error.message : undefined })
    } finally {
      this.#running = false
    }
  }
}
