import type { Counters } from '../core/counters.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { Connection } from '../ports/connection.ts'
import type { ClaimResult, DueWill, Release, SessionClaim, Store, StoredWill } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { ClientRegistry } from './client-registry.ts'
import { ConnectedSession } from './connected-session.ts'
import { type DrainContext, QueueDrain } from './queue-drain.ts'
import { type Claimed, isAway, LocalClaims } from './local-claims.ts'
import type { RouteSync } from './route-sync.ts'
import type { SessionAnnouncements } from './session-announcements.ts'
import { unlessStale } from './stale-epoch.ts'
import { type DeliveryContext, Subscriber, type SubscriberOptions } from './subscriber.ts'
import type { SharedRedelivery } from './shared-redelivery.ts'
import { StoreRetries } from './store-retries.ts'
import type { SubscriptionTable } from './subscription-table.ts'
import type { Takeovers } from './takeovers.ts'

const NEVER_SECONDS = 0xffffffff

/** What the session manager works with. */
export interface SessionManagerContext {
  readonly bus: Bus
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly table: SubscriptionTable
  readonly routeSync: RouteSync
  readonly announcements: SessionAnnouncements
  readonly registry: ClientRegistry
  readonly takeovers: Takeovers
  readonly delivery: DeliveryContext
  readonly redelivery: SharedRedelivery
  readonly drain: DrainContext
  /** Publishes a Will Message of this worker's own; resolves when it is safe, or was refused. */
  publishWill(will: StoredWill): Promise<void>
  /** Publishes one that came with a claim. */
  publishDue(will: DueWill): void
}

/** How a connection ended, as far as its session is concerned. */
export interface Leaving {
  /** The Will Message is to be published (v5 3.1.2.5). */
  readonly publishWill: boolean
  /** Another connection has claimed the session: what was claimed is not ours to write any more. */
  readonly takenOver: boolean
}

/** Opens, changes and leaves the sessions of the clients connected to this worker. */
export class SessionManager {
  readonly #context: SessionManagerContext
  /** Sessions that were left and of which the store does not know yet. */
  readonly #leaving = new Set<Promise<void>>()
  readonly #local: LocalClaims
  readonly #retries: StoreRetries

  constructor(context: SessionManagerContext) {
    this.#context = context
    this.#retries = new StoreRetries(context.clock)
    this.#local = new LocalClaims(context, (claim, claimed) => this.#takeOver(claim, claimed))
  }

  /** Sessions that were let in while the store was away, and of which it does not know yet. */
  get unheard(): number {
    return this.#local.size
  }

  /**
   * Claims the session and makes sure that no other worker has its connection. `overtaken`: yet another connection of
   * the same client has claimed it meanwhile. `store-away`: nobody can tell whether there is a session.
   */
  async claim(
    claim: SessionClaim,
  ): Promise<Claimed | { readonly kind: 'owned-by-another' | 'overtaken' | 'store-away' }> {
    const { registry } = this.#context
    const { clientId } = claim
    registry.claimBegun(clientId)
    try {
      const result = await this.#claimAnywhere(claim)
      if (result.kind !== 'claimed') return result
      await this.#takeOver(claim, result)
      return registry.newestClaim(clientId) > result.epoch ? { kind: 'overtaken' } : result
    } finally {
      registry.claimDone(clientId)
    }
  }

  async #claimAnywhere(claim: SessionClaim): Promise<ClaimResult | { readonly kind: 'store-away' }> {
    try {
      return await this.#context.store.sessions.claim(claim)
    } catch (error) {
      if (!isAway(error)) throw error
      return this.#local.claim(claim)
    }
  }

  /** Does what follows from a claim; resolves when no other worker has the connection of the client. */
  async #takeOver({ clientId, sessionExpiryIntervalSeconds }: SessionClaim, claimed: Claimed): Promise<void> {
    const { registry, takeovers, bus, counters, publishDue } = this.#context
    const { epoch, previousHome, persistentBefore, present, dueWill } = claimed
    if (dueWill !== undefined) publishDue(dueWill)
    registry.overtaken(clientId, epoch)
    // Whatever becomes of this claim, the session that the publishers know is no more; one that goes on ends when it is left.
    if (sessionExpiryIntervalSeconds === 0 && persistentBefore && !present) this.over(clientId, epoch)
    if (previousHome === undefined || previousHome === bus.self) return
    counters.takeovers++
    await takeovers.request(previousHome, clientId, epoch)
  }

  /**
   * Makes the session that was claimed this connection's, with its subscriptions, and ends the one that has it at this
   * worker. Undefined: a later claim was quicker.
   */
  open(
    connection: Connection,
    claim: SessionClaim,
    claimed: Claimed,
    options: SubscriberOptions,
  ): ConnectedSession | undefined {
    const { delivery, drain, counters } = this.#context
    const { clientId, sessionExpiryIntervalSeconds, will } = claim
    const { epoch, receivedPacketIds, sentUpTo } = claimed
    if (!this.#takeOverHere(clientId, epoch)) return undefined
    const subscriber = new Subscriber(delivery, connection, options)
    // One that goes on keeps its queue until the connection ends: the publishers know no other way to it yet.
    const persistent = sessionExpiryIntervalSeconds > 0 || claimed.present
    const session = new ConnectedSession({
      clientId,
      epoch,
      owner: claim.owner,
      persistent,
      subscriber,
      drain: persistent ? new QueueDrain(drain, { subscriber, epoch, sentUpTo }) : undefined,
      sessionExpiryIntervalSeconds,
      will,
      receivedPacketIds,
    })
    if (persistent) this.#announce('session opened', this.#context.announcements.opened(session, claimed.subscriptions))
    for (const subscription of claimed.subscriptions) this.subscribe(session, subscription)
    this.#local.opened(session, claim, claimed)
    counters.sessionsConnected++
    return session
  }

  /** A peer that has just come up learns which persistent sessions are connected here. */
  announceAllTo(peer: WorkerAddress): void {
    for (const { session } of this.#context.registry.clients()) {
      if (session?.persistent === true) this.#context.announcements.online(peer, session)
    }
  }

  /** Holds a subscription and serves it from now on; storing it, then telling the peers, is the caller's business. */
  subscribe(session: ConnectedSession, subscription: Subscription): void {
    const { table, routeSync, counters } = this.#context
    this.unsubscribe(session, subscription.topicFilter)
    const live = session.persistent ? undefined : table.addLive(session.subscriber, subscription)
    if (session.persistent) table.members.put(session.clientId, session.epoch, subscription)
    session.hold({ subscription, live })
    routeSync.want(subscription, session.persistent)
    counters.subscriptions++
    if (isShared(subscription)) counters.sharedSubscriptions++
  }

  /** False: there was no such subscription. */
  unsubscribe(session: ConnectedSession, topicFilter: string): boolean {
    const held = session.subscriptions.get(topicFilter)
    if (held === undefined) return false
    session.drop(topicFilter)
    this.#stopServing(session, held.subscription)
    if (held.live !== undefined) this.#context.table.removeLive(held.live)
    else this.#context.table.members.remove(session.clientId, session.epoch, topicFilter)
    return true
  }

  /**
   * Resolves when the peers know what the session wants of these Topic Filters; undefined: they do already. For a
   * persistent one that is stored by now.
   */
  peersKnow(session: ConnectedSession, topicFilters: readonly string[]): Promise<unknown> | undefined {
    const { routeSync, announcements } = this.#context
    const routes = routeSync.known()
    if (!session.persistent) return routes
    return Promise.all([routes, announcements.changed(session, topicFilters)])
  }

  /** The connection has ended: the session ends with it, or stays behind for its expiry interval. */
  leave(session: ConnectedSession, leaving: Leaving): void {
    const { counters, log, announcements } = this.#context
    const { clientId, epoch, persistent } = session
    counters.sessionsConnected--
    session.drain?.close()
    const undelivered = session.subscriber.close()
    this.#local.left(session)
    this.#stopServingAll(session)
    this.#context.redelivery.add(undelivered)
    const stays = persistent && session.sessionExpiryIntervalSeconds > 0
    if (persistent && !stays && !leaving.takenOver) this.over(clientId, epoch)
    else if (persistent) this.#announce('session left', announcements.left(session))
    // v5 3.1.4: a connection that is taken over ends like one that is lost, as far as its will is concerned.
    const will = leaving.publishWill ? session.immediateWill : undefined
    const published = will === undefined ? undefined : this.#context.publishWill(will)
    if (leaving.takenOver || !LocalClaims.isStored(session)) {
      if (published !== undefined) background(log, 'will message', published)
      return
    }
    const { sessions } = this.#context.store
    const release = this.#releaseOf(session, leaving)
    const write = (): Promise<void> =>
      stays ? sessions.release(clientId, epoch, release) : sessions.end(clientId, epoch)
    // Until the will is safe the store has it: were this worker to die before, another one would publish it.
    const done = (
      published === undefined ? this.#retries.run(write) : published.then(() => this.#retries.run(write))
    ).catch(unlessStale)
    this.#leaving.add(done)
    background(
      log,
      stays ? 'release session' : 'end session',
      done.finally(() => this.#leaving.delete(done)),
    )
  }

  /** Resolves when the store knows of every session that was left so far, or has refused to. */
  async settled(): Promise<void> {
    this.#retries.stop()
    await Promise.allSettled(this.#leaving)
  }

  /** There is no persistent session of this client any more, up to the claim with this epoch. */
  over(clientId: string, epoch: number): void {
    this.#announce('session over', this.#context.announcements.over(clientId, epoch))
  }

  /** False: the connection that is here belongs to a later claim. */
  #takeOverHere(clientId: string, epoch: number): boolean {
    const here = this.#context.registry.find(clientId)
    if (here?.session === undefined) return true
    if (here.session.epoch > epoch) return false
    here.takenOver()
    this.#context.counters.takeovers++
    return true
  }

  #releaseOf(session: ConnectedSession, leaving: Leaving): Release {
    const nowMs = this.#context.clock.nowMs()
    const expirySeconds = session.sessionExpiryIntervalSeconds
    const expiresAtMs = expirySeconds === NEVER_SECONDS ? Number.POSITIVE_INFINITY : nowMs + expirySeconds * 1000
    const waits = leaving.publishWill && session.will !== undefined && session.immediateWill === undefined
    const willDueAtMs = waits ? nowMs + (session.will?.delayIntervalSeconds ?? 0) * 1000 : undefined
    return { expiresAtMs, willDueAtMs, sentUpTo: session.drain?.sentUpTo ?? 0 }
  }

  #stopServingAll(session: ConnectedSession): void {
    for (const { subscription, live } of session.subscriptions.values()) {
      this.#stopServing(session, subscription)
      if (live !== undefined) this.#context.table.removeLive(live)
    }
  }

  #stopServing(session: ConnectedSession, subscription: Subscription): void {
    this.#context.routeSync.unwant(subscription, session.persistent)
    const { counters } = this.#context
    counters.subscriptions--
    if (isShared(subscription)) counters.sharedSubscriptions--
  }

  /** Nobody waits for the peers to know. */
  #announce(what: string, told: Promise<void>): void {
    background(this.#context.log, what, told)
  }
}

function isShared({ topicFilter }: Subscription): boolean {
  return topicFilter.startsWith('$share/')
}
