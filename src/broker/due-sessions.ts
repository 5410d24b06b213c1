import type { Clock, Timer } from '../ports/clock.ts'
import type { SessionStore, StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { SessionManager } from './session-manager.ts'

const INTERVAL_MS = 1_000
const TAKEN_AT_ONCE = 100

/** Ends sessions whose expiry has passed and publishes wills whose delay is over. Every worker does; the store shares it out. */
export class DueSessions {
  readonly #store: SessionStore
  readonly #sessions: SessionManager
  readonly #clock: Clock
  readonly #log: Log
  readonly #publishWill: (will: StoredWill) => void
  #timer: Timer | undefined = undefined
  #running = false

  constructor(
    store: SessionStore,
    sessions: SessionManager,
    clock: Clock,
    log: Log,
    publishWill: (will: StoredWill) => void,
  ) {
    this.#store = store
    this.#sessions = sessions
    this.#clock = clock
    this.#log = log
    this.#publishWill = publishWill
  }

  start(): void {
    this.#timer = this.#clock.every(INTERVAL_MS, () => {
      if (!this.#running) background(this.#log, 'due sessions', this.#take())
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #take(): Promise<void> {
    this.#running = true
    try {
      let taken = TAKEN_AT_ONCE
      while (taken === TAKEN_AT_ONCE) {
        const due = await this.#store.takeDue(this.#clock.nowMs(), TAKEN_AT_ONCE)
        taken = due.length
        for (const { clientId, epoch, will, expired } of due) {
          if (will !== undefined) this.#publishWill(will)
          if (expired) this.#sessions.over(clientId, epoch)
        }
      }
    } finally {
      this.#running = false
    }
  }
}
