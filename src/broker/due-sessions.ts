import type { Counters } from '../core/counters.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { SessionStore, StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { SessionManager } from './session-manager.ts'

const INTERVAL_MS = 1_000
const TAKEN_AT_ONCE = 100

/** What due sessions are taken from, and what becomes of them. */
export interface DueSessionsContext {
  readonly store: SessionStore
  readonly sessions: SessionManager
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly publishWill: (will: StoredWill) => void
}

/** Ends sessions whose expiry has passed and publishes wills whose delay is over. Every worker does; the store shares it out. */
export class DueSessions {
  readonly #context: DueSessionsContext
  #timer: Timer | undefined = undefined
  #running = false

  constructor(context: DueSessionsContext) {
    this.#context = context
  }

  start(): void {
    const { clock, log } = this.#context
    this.#timer = clock.every(INTERVAL_MS, () => {
      if (!this.#running) background(log, 'due sessions', this.#take())
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  async #take(): Promise<void> {
    const { store, sessions, clock, counters, publishWill } = this.#context
    this.#running = true
    try {
      let taken = TAKEN_AT_ONCE
      while (taken === TAKEN_AT_ONCE) {
        const due = await store.takeDue(clock.nowMs(), TAKEN_AT_ONCE)
        taken = due.length
        for (const { clientId, epoch, will, expired } of due) {
          if (will !== undefined) publishWill(will)
          if (!expired) continue
          counters.sessionsExpired++
          sessions.over(clientId, epoch)
        }
      }
    } finally {
      this.#running = false
    }
  }
}
