import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'

const LOG_INTERVAL_MS = 10_000

/** Logs that connections could not be accepted: the first at once, then at most one line in ten seconds. */
export class AcceptFailures {
  readonly #listener: string
  readonly #log: Log
  readonly #clock: Clock
  #loggedAtMs = -Infinity
  #unlogged = 0

  constructor(listener: string, log: Log, clock: Clock) {
    this.#listener = listener
    this.#log = log
    this.#clock = clock
  }

  /** `systemErrorName` as `EMFILE`, `ENOBUFS`… */
  report(systemErrorName: string): void {
    this.#unlogged++
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#loggedAtMs < LOG_INTERVAL_MS) return
    const fields = { listener: this.#listener, code: systemErrorName, failures: this.#unlogged }
    this.#log.warn('connections could not be accepted', fields)
    this.#loggedAtMs = nowMs
    this.#unlogged = 0
  }
}
