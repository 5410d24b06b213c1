import type { Clock } from '../ports/clock.ts'
import type { SubscriptionStore } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import type { ClientRegistry, RegisteredClient } from './client-registry.ts'
import { LocalClaims } from './local-claims.ts'
import { type Refusal, refuse } from './refusal.ts'
import { isStale } from './stale-epoch.ts'

/** Two thousand a second, so that clients that are let in meanwhile need not wait long for the store. */
const AT_ONCE = 100
const PAUSE_MS = 50
const CLAIM_LOST: Refusal = refuse(ReasonCode.ServerBusy, 'the store has lost the session')

/** What a {@link SetBack} works with. */
export interface SetBackContext {
  readonly subscriptions: SubscriptionStore
  readonly registry: ClientRegistry
  readonly clock: Clock
  readonly log: Log
}

/**
 * Puts the sessions of connected clients right after the store may have gone back: it is given their subscriptions again, and
 * their queues are looked into. One whose claim is lost, or which another worker has claimed since, is closed: what
 * is written for it would count for nothing, and nobody would wake it.
 */
export class SetBack {
  readonly #context: SetBackContext
  /** Of one round; another one begins anew. */
  #waiting: RegisteredClient[] = []
  #running = false

  constructor(context: SetBackContext) {
    this.#context = context
  }

  /** Begins a round. */
  begin(): void {
    const { registry, log } = this.#context
    this.#waiting = Array.from(registry.clients())
    log.warn('the store may have gone back behind what it had acknowledged', { clients: this.#waiting.length })
    if (!this.#running) this.#putSomeRight()
  }

  #putSomeRight(): void {
    const { clock, log } = this.#context
    const some = this.#waiting.splice(-AT_ONCE)
    this.#running = some.length > 0
    if (!this.#running) return
    const put = Promise.all(some.map(client => this.#putRight(client)))
    background(
      log,
      'sessions put right',
      put.then(() => {}).finally(() => void clock.after(PAUSE_MS, () => this.#putSomeRight())),
    )
  }

  async #putRight(client: RegisteredClient): Promise<void> {
    const { session } = client
    // One that the store has not heard of yet is claimed in its own time.
    if (session === undefined || !LocalClaims.isStored(session)) return
    const { clientId, epoch, persistent, subscriptions, drain } = session
    const held = persistent ? Array.from(subscriptions.values(), ({ subscription }) => subscription) : []
    try {
      await this.#context.subscriptions.put(clientId, epoch, held)
    } catch (error) {
      if (!isStale(error)) throw error
      client.disconnect(CLAIM_LOST)
    }
    drain?.wake()
  }
}
