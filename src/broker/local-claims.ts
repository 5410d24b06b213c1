import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ClaimResult, SessionClaim, Store } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import type { ClientRegistry } from './client-registry.ts'
import type { ConnectedSession } from './connected-session.ts'
import { type Refusal, refuse } from './refusal.ts'
import { isStale, unlessStale } from './stale-epoch.ts'

/** A claim that succeeded. */
export type Claimed = Extract<ClaimResult, { readonly kind: 'claimed' }>

/** What {@link LocalClaims} works with. */
export interface LocalClaimsContext {
  readonly store: Store
  readonly registry: ClientRegistry
  readonly clock: Clock
  readonly log: Log
}

const RETRY_MS = 1_000
const CLAIMED_AT_ONCE = 100
/** Of a session that the store has not heard of; older than any claim. */
const NO_EPOCH = 0
const NOT_THEIRS: Refusal = refuse(ReasonCode.NotAuthorized, 'the session belongs to another subject')
const NOT_TAKEN: Refusal = refuse(ReasonCode.ServerBusy, 'the store does not take the session')

/**
 * Sessions of clients that were let in while the store was away: those that ask for nothing that is stored. Each is
 * claimed as soon as the store is back, and takes the place of any other connection of its client then.
 */
export class LocalClaims {
  readonly #context: LocalClaimsContext
  readonly #takeOver: (claim: SessionClaim, claimed: Claimed) => Promise<void>
  /** As many as there are such connections. */
  readonly #claims = new Map<ConnectedSession, SessionClaim>()
  /** Claims that were made here, until their sessions are open. */
  readonly #made = new WeakSet<Claimed>()
  #waiting = false

  /** `takeOver` does what follows from a claim that has succeeded. */
  constructor(context: LocalClaimsContext, takeOver: (claim: SessionClaim, claimed: Claimed) => Promise<void>) {
    this.#context = context
    this.#takeOver = takeOver
  }

  /** Sessions of which the store does not know yet. */
  get size(): number {
    return this.#claims.size
  }

  /** What a claim finds as far as this worker can tell; for who may have a session in the store: `store-away`. */
  claim(claim: SessionClaim): ClaimResult | { readonly kind: 'store-away' } {
    const { clientId, cleanStart, owner, sessionExpiryIntervalSeconds } = claim
    if (sessionExpiryIntervalSeconds > 0 || !cleanStart) return { kind: 'store-away' }
    const here = this.#context.registry.find(clientId)?.session
    if (here !== undefined && here.owner !== owner) return { kind: 'owned-by-another' }
    const claimed: Claimed = {
      kind: 'claimed',
      // Where it takes the place of a session that is stored, it ends that one when it leaves.
      epoch: here?.epoch ?? NO_EPOCH,
      persistentBefore: here?.persistent === true,
      present: false,
      previousHome: undefined,
      subscriptions: [],
      receivedPacketIds: [],
      sentUpTo: 0,
      dueWill: undefined,
    }
    this.#made.add(claimed)
    return claimed
  }

  /** The session was opened; where the store has not heard of the claim, it will. */
  opened(session: ConnectedSession, claim: SessionClaim, claimed: Claimed): void {
    if (!this.#made.delete(claimed)) return
    this.#claims.set(session, claim)
    this.#retryLater()
  }

  /** The session was left. */
  left(session: ConnectedSession): void {
    this.#claims.delete(session)
  }

  /** Whether the store has a session that ends with this one. */
  static isStored({ epoch }: ConnectedSession): boolean {
    return epoch !== NO_EPOCH
  }

  #retryLater(): void {
    if (this.#waiting) return
    this.#waiting = true
    this.#context.clock.after(RETRY_MS, () => {
      this.#waiting = false
      background(this.#context.log, 'claims made good', this.#makeGood())
    })
  }

  async #makeGood(): Promise<void> {
    try {
      while (this.#claims.size > 0) {
        const some = Array.from(this.#claims).slice(0, CLAIMED_AT_ONCE)
        await Promise.all(some.map(([session, claim]) => this.#makeOneGood(session, claim)))
      }
    } catch (error) {
      if (!isAway(error)) throw error
    } finally {
      if (this.#claims.size > 0) this.#retryLater()
    }
  }

  async #makeOneGood(session: ConnectedSession, claim: SessionClaim): Promise<void> {
    const { store, log } = this.#context
    const result = await this.#claimInStore(session.willStored ? claim : { ...claim, will: undefined })
    const left = !this.#claims.delete(session)
    if (result.kind === 'owned-by-another') return this.#disconnect(session, NOT_THEIRS)
    if (result.kind === 'refused') return this.#disconnect(session, NOT_TAKEN)
    session.epoch = result.epoch
    await this.#takeOver(claim, result)
    // It was left while the claim was on its way.
    if (left) background(log, 'end session', store.sessions.end(claim.clientId, result.epoch).catch(unlessStale))
  }

  /** Rejects while the store is away. */
  async #claimInStore(claim: SessionClaim): Promise<ClaimResult | { readonly kind: 'refused' }> {
    const { store, log } = this.#context
    try {
      return await store.sessions.claim(claim)
    } catch (error) {
      if (isAway(error)) throw error
      // A worker that was taken for dead may claim nothing, and ends with all of its connections.
      if (!isStale(error)) log.error('claim not made good', error, { clientId: claim.clientId })
      return { kind: 'refused' }
    }
  }

  #disconnect(session: ConnectedSession, refusal: Refusal): void {
    const client = this.#context.registry.find(session.clientId)
    if (client?.session === session) client.disconnect(refusal)
  }
}

/** Whether the store cannot be reached now, and is to be asked again. */
export function isAway(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'STORE_AWAY'
}
