import { BrokerError } from '../core/errors.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Release, SessionClaim, StoredWill } from '../ports/store.ts'
import { DueHeap } from './due-heap.ts'
import type { MemorySession, SessionQueue } from './memory-session.ts'
import type { OpenGate } from './open-gate.ts'
import type { SessionJournal } from './session-journal.ts'
import { TakenDue } from './taken-due.ts'

/** Dead workers that are remembered; their addresses do not come back, so the oldest may be forgotten. */
const DEAD_HOMES_MAX = 1024

/** A session, whatever its queue is made of. */
export type AnySession = MemorySession<SessionQueue>

/** What a {@link SessionTable} works with. */
export interface SessionTableParts<Session extends AnySession> {
  readonly gate: OpenGate
  readonly clock: Clock
  readonly sessionsMax: number
  /** Makes a session without state. */
  readonly make: (clientId: string, owner: string) => Session
  readonly journal: SessionJournal<Session>
}

/** The sessions of a store, by Client Identifier, by home and by what is due; every change is told to the journal. */
export class SessionTable<Session extends AnySession> {
  readonly taken: TakenDue
  readonly #gate: OpenGate
  readonly #clock: Clock
  readonly #sessionsMax: number
  readonly #make: (clientId: string, owner: string) => Session
  readonly #journal: SessionJournal<Session>
  readonly #sessions = new Map<string, Session>()
  readonly #homes = new Map<WorkerAddress, Set<Session>>()
  readonly #deadHomes = new Set<WorkerAddress>()
  readonly #due = new DueHeap<Session>()
  /** Of the whole store, so that no epoch of a client comes back after its session has ended. */
  #lastEpoch = 0

  constructor({ gate, clock, sessionsMax, make, journal }: SessionTableParts<Session>) {
    this.#gate = gate
    this.#clock = clock
    this.#sessionsMax = sessionsMax
    this.#make = make
    this.#journal = journal
    this.taken = new TakenDue(journal)
  }

  get size(): number {
    return this.#sessions.size
  }

  /** A closed store is a `STORE_UNAVAILABLE` error. */
  checkOpen(): void {
    this.#gate.check()
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** The session as it is kept, whether it is over or not. */
  kept(clientId: string): Session | undefined {
    this.#gate.check()
    return this.#sessions.get(clientId)
  }

  /** The session, if there is one that is not over. */
  present(clientId: string, nowMs: number = this.nowMs()): Session | undefined {
    const session = this.kept(clientId)
    return session === undefined || session.over(nowMs) ? undefined : session
  }

  /** The session that was claimed with this epoch; if it has been claimed since, or has ended, a `STALE_EPOCH` error. */
  claimedWith(clientId: string, epoch: number): Session {
    const session = this.present(clientId)
    if (session?.epoch === epoch) return session
    throw new BrokerError('STALE_EPOCH', 'the session was claimed by another connection or has ended')
  }

  /** Every session, in no order that means anything; those that are added meanwhile are left out. */
  *all(): Generator<Session, void, undefined> {
    let left = this.#sessions.size
    for (const session of this.#sessions.values()) {
      if (left-- === 0) return
      yield session
    }
  }

  /** The sessions with a connection at `home`. */
  heldBy(home: WorkerAddress): readonly Session[] {
    this.#gate.check()
    return [...(this.#homes.get(home) ?? [])]
  }

  /** Puts a session without state in the place of any that there is. At the bound: a `STORE_FULL` error. */
  create(clientId: string, owner: string): Session {
    const earlier = this.#sessions.get(clientId)
    if (earlier !== undefined) this.remove(earlier)
    else if (this.#sessions.size >= this.#sessionsMax) {
      throw new BrokerError('STORE_FULL', `the store holds its limit of ${this.#sessionsMax} sessions`)
    }
    const session = this.#make(clientId, owner)
    this.#sessions.set(clientId, session)
    return session
  }

  /** Gives the session to the connection that claims it. */
  hold(session: Session, claim: SessionClaim): void {
    this.#leaveHome(session)
    session.hold(claim, ++this.#lastEpoch)
    const held = this.#homes.get(claim.home)
    if (held === undefined) this.#homes.set(claim.home, new Set([session]))
    else held.add(session)
    this.#due.schedule(session, Infinity)
    this.#journal.held(session)
  }

  /** Once the connection has ended, what it has left behind stays. */
  setWill(session: Session, will: StoredWill | undefined): void {
    if (session.home === undefined) return
    session.will = will
    this.#journal.held(session)
  }

  /**
   * The connection of the session has ended at `nowMs`. One that is over then is kept until its will is taken, and a
   * persistent one until somebody learns that it is gone.
   */
  letGo(session: Session, nowMs: number, release: Release): void {
    this.#leaveHome(session)
    session.letGo(release)
    if (session.over(nowMs) && session.will === undefined && !session.persistent) return this.remove(session)
    this.#due.schedule(session, session.nextDueMs)
    this.#journal.letGo(session, release)
  }

  remove(session: Session): void {
    this.#leaveHome(session)
    this.#due.remove(session)
    this.#sessions.delete(session.clientId)
    this.#journal.ended(session)
  }

  /** The session with something due at `nowMs` that has waited longest. */
  firstDue(nowMs: number): Session | undefined {
    const first = this.#due.first()
    return first === undefined || first.dueAtMs > nowMs ? undefined : first
  }

  /** The will of a session that goes on was taken out. */
  willGone(session: Session): void {
    this.#due.schedule(session, session.nextDueMs)
    this.#journal.willGone(session)
  }

  /** A QoS 2 message was received, or released. */
  markReceived(session: Session, packetId: number, received: boolean): void {
    session.markReceived(packetId, received)
    this.#journal.received(session, packetId, received)
  }

  subscribe(session: Session, subscriptions: readonly Subscription[]): void {
    for (const subscription of subscriptions) session.subscribe(subscription)
    this.#journal.subscribed(session, subscriptions)
  }

  unsubscribe(session: Session, topicFilters: readonly string[]): void {
    for (const topicFilter of topicFilters) session.unsubscribe(topicFilter)
    this.#journal.unsubscribed(session, topicFilters)
  }

  /** Puts a session in that outlived its connection, and the process that knew of it. Nobody is told. */
  adopt(session: Session): void {
    this.#sessions.set(session.clientId, session)
    this.#lastEpoch = Math.max(this.#lastEpoch, session.epoch)
    this.#due.schedule(session, session.home === undefined ? session.nextDueMs : Infinity)
  }

  /** Nothing of this worker is taken any more, for it may have died with a claim on its way; what it has taken is given back. */
  bury(home: WorkerAddress): void {
    this.taken.giveBack(home)
    this.#deadHomes.add(home)
    if (this.#deadHomes.size <= DEAD_HOMES_MAX) return
    for (const oldest of this.#deadHomes) {
      this.#deadHomes.delete(oldest)
      return
    }
  }

  /** What a worker asks for that died is a `STALE_EPOCH` error. */
  checkAlive(home: WorkerAddress): void {
    if (this.#deadHomes.has(home)) throw new BrokerError('STALE_EPOCH', `worker ${home} was given up`)
  }

  #leaveHome(session: Session): void {
    const { home } = session
    if (home === undefined) return
    const held = this.#homes.get(home)
    held?.delete(session)
    if (held?.size === 0) this.#homes.delete(home)
  }
}
