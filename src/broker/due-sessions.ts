import type { Counters } from '../core/counters.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { DueSession, DueWill, SessionStore, StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { SessionManager } from './session-manager.ts'
import { unlessStale } from './stale-epoch.ts'
import { StoreRetries } from './store-retries.ts'

const INTERVAL_MS = 1_000
const TAKEN_AT_ONCE = 100

/** What due sessions are taken from, and what becomes of them. */
export interface DueSessionsContext {
  readonly self: WorkerAddress
  readonly store: SessionStore
  readonly sessions: SessionManager
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  /** Resolves when the will is safe, or was refused. */
  readonly publishWill: (will: StoredWill) => Promise<void>
}

/**
 * Ends sessions whose expiry has passed and publishes wills whose delay is over. Every worker does; the store shares it
 * out, and has what was taken until it is done, so that another worker does it where this one dies over it.
 */
export class DueSessions {
  readonly #context: DueSessionsContext
  readonly #retries: StoreRetries
  /** Wills that came with a claim, and the round that is under way. */
  readonly #underWay = new Set<Promise<void>>()
  #timer: Timer | undefined = undefined
  #running = false
  #leaving = false

  constructor(context: DueSessionsContext) {
    this.#context = context
    this.#retries = new StoreRetries(context.clock)
  }

  start(): void {
    this.#timer = this.#context.clock.every(INTERVAL_MS, () => {
      if (!this.#running && !this.#leaving) this.#begin('due sessions', this.#take())
    })
  }

  /** Publishes a will that came with a claim. */
  publish({ ticket, will }: DueWill): void {
    this.#begin('due will', this.#publish(ticket, will))
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Takes nothing more; resolves when the store knows of all that was done here, or has refused to. */
  async settled(): Promise<void> {
    this.#leaving = true
    this.#retries.stop()
    await Promise.allSettled(this.#underWay)
  }

  async #take(): Promise<void> {
    const { self, store, clock } = this.#context
    this.#running = true
    try {
      let taken = TAKEN_AT_ONCE
      while (taken === TAKEN_AT_ONCE && !this.#leaving) {
        const due = await store.takeDue(self, clock.nowMs(), TAKEN_AT_ONCE)
        taken = due.length
        await Promise.all(due.map(one => this.#act(one)))
        if (taken > 0) await this.#settle(due.map(({ ticket }) => ticket))
      }
    } finally {
      this.#running = false
    }
  }

  async #act({ clientId, epoch, will, expired }: DueSession): Promise<void> {
    const { sessions, counters, publishWill } = this.#context
    const published = will === undefined ? undefined : publishWill(will)
    if (expired) {
      counters.sessionsExpired++
      sessions.over(clientId, epoch)
    }
    await published
  }

  async #publish(ticket: number, will: StoredWill): Promise<void> {
    await this.#context.publishWill(will)
    await this.#settle([ticket])
  }

  async #settle(tickets: readonly number[]): Promise<void> {
    const { self, store } = this.#context
    await this.#retries.run(() => store.settleDue(self, tickets))
  }

  /** A worker that was given up is refused by the store, and ends. */
  #begin(what: string, work: Promise<void>): void {
    const done = work.catch(unlessStale)
    this.#underWay.add(done)
    background(
      this.#context.log,
      what,
      done.finally(() => this.#underWay.delete(done)),
    )
  }
}
