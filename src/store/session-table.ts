import { BrokerError } from '../core/errors.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { Release, SessionClaim } from '../ports/store.ts'
import { DueHeap } from './due-heap.ts'
import { MemorySession } from './memory-session.ts'
import type { OpenGate } from './open-gate.ts'

/** Dead workers that are remembered; their addresses do not come back, so the oldest may be forgotten. */
const DEAD_HOMES_MAX = 1024

/** The sessions of the memory store, by Client Identifier, by home and by what is due. */
export class SessionTable {
  readonly #gate: OpenGate
  readonly #clock: Clock
  readonly #sessionsMax: number
  readonly #sessions = new Map<string, MemorySession>()
  readonly #homes = new Map<WorkerAddress, Set<MemorySession>>()
  readonly #deadHomes = new Set<WorkerAddress>()
  readonly #due = new DueHeap<MemorySession>()
  /** Of the whole store, so that no epoch of a client comes back after its session has ended. */
  #lastEpoch = 0

  constructor(gate: OpenGate, clock: Clock, sessionsMax: number) {
    this.#gate = gate
    this.#clock = clock
    this.#sessionsMax = sessionsMax
  }

  /** A closed store is a `STORE_UNAVAILABLE` error. */
  checkOpen(): void {
    this.#gate.check()
  }

  nowMs(): number {
    return this.#clock.nowMs()
  }

  /** The session as it is kept, whether it is over or not. */
  kept(clientId: string): MemorySession | undefined {
    this.#gate.check()
    return this.#sessions.get(clientId)
  }

  /** The session, if there is one that is not over. */
  present(clientId: string, nowMs: number = this.nowMs()): MemorySession | undefined {
    const session = this.kept(clientId)
    return session === undefined || session.over(nowMs) ? undefined : session
  }

  /** The session that was claimed with this epoch; if it has been claimed since, or has ended, a `STALE_EPOCH` error. */
  claimedWith(clientId: string, epoch: number): MemorySession {
    const session = this.present(clientId)
    if (session?.epoch === epoch) return session
    throw new BrokerError('STALE_EPOCH', 'the session was claimed by another connection or has ended')
  }

  /** Every session, in no order that means anything; those that are added meanwhile are left out. */
  *all(): Generator<MemorySession, void, undefined> {
    let left = this.#sessions.size
    for (const session of this.#sessions.values()) {
      if (left-- === 0) return
      yield session
    }
  }

  /** The sessions with a connection at `home`. */
  heldBy(home: WorkerAddress): readonly MemorySession[] {
    this.#gate.check()
    return [...(this.#homes.get(home) ?? [])]
  }

  /** Puts a session without state in the place of any that there is. At the bound: a `STORE_UNAVAILABLE` error. */
  create(clientId: string, owner: string): MemorySession {
    const earlier = this.#sessions.get(clientId)
    if (earlier !== undefined) this.remove(earlier)
    else if (this.#sessions.size >= this.#sessionsMax) {
      throw new BrokerError('STORE_UNAVAILABLE', `the store holds its limit of ${this.#sessionsMax} sessions`)
    }
    const session = new MemorySession(clientId, owner)
    this.#sessions.set(clientId, session)
    return session
  }

  /** Gives the session to the connection that claims it. */
  hold(session: MemorySession, claim: SessionClaim): void {
    this.#leaveHome(session)
    session.hold(claim, ++this.#lastEpoch)
    const held = this.#homes.get(claim.home)
    if (held === undefined) this.#homes.set(claim.home, new Set([session]))
    else held.add(session)
    this.#due.schedule(session, Infinity)
  }

  /** The connection of the session has ended at `nowMs`. A session that is over then is kept for its will only. */
  letGo(session: MemorySession, nowMs: number, release: Release): void {
    this.#leaveHome(session)
    session.letGo(release)
    if (session.over(nowMs) && session.will === undefined) this.remove(session)
    else this.reschedule(session)
  }

  remove(session: MemorySession): void {
    this.#leaveHome(session)
    this.#due.remove(session)
    this.#sessions.delete(session.clientId)
  }

  /** The session with something due at `nowMs` that has waited longest. */
  firstDue(nowMs: number): MemorySession | undefined {
    const first = this.#due.first()
    return first === undefined || first.dueAtMs > nowMs ? undefined : first
  }

  /** What is due of the session has changed. */
  reschedule(session: MemorySession): void {
    this.#due.schedule(session, session.nextDueMs)
  }

  /** No claim of this worker is taken any more: it may have died with one on its way. */
  bury(home: WorkerAddress): void {
    this.#deadHomes.add(home)
    if (this.#deadHomes.size <= DEAD_HOMES_MAX) return
    for (const oldest of this.#deadHomes) {
      this.#deadHomes.delete(oldest)
      return
    }
  }

  /** A claim of a worker that died is a `STALE_EPOCH` error. */
  checkAlive(home: WorkerAddress): void {
    if (this.#deadHomes.has(home)) throw new BrokerError('STALE_EPOCH', `worker ${home} was given up`)
  }

  #leaveHome(session: MemorySession): void {
    const { home } = session
    if (home === undefined) return
    const held = this.#homes.get(home)
    held?.delete(session)
    if (held?.size === 0) this.#homes.delete(home)
  }
}
