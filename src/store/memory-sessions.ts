import type { WorkerAddress } from '../ports/bus.ts'
import type {
  ClaimResult,
  DueSession,
  DueWill,
  Release,
  SessionClaim,
  SessionStore,
  StoredWill,
} from '../ports/store.ts'
import type { AnySession, SessionTable } from './session-table.ts'

/** Sessions in memory. Nothing is awaited within a call, so each one is atomic. */
export class MemorySessions implements SessionStore {
  readonly #table: SessionTable<AnySession>

  constructor(table: SessionTable<AnySession>) {
    this.#table = table
  }

  async claim(claim: SessionClaim): Promise<ClaimResult> {
    const table = this.#table
    const nowMs = table.nowMs()
    const earlier = table.kept(claim.clientId)
    table.checkAlive(claim.home)
    if (earlier !== undefined && !earlier.over(nowMs) && earlier.owner !== claim.owner) {
      return { kind: 'owned-by-another' }
    }
    const continued = earlier !== undefined && mayContinue(earlier, claim, nowMs) ? earlier : undefined
    const previousHome = earlier?.home
    const persistentBefore = earlier?.persistent === true
    const dueWill = this.#takeDueWill(earlier, claim, continued !== undefined, nowMs)
    const session = continued ?? table.create(claim.clientId, claim.owner)
    table.hold(session, claim)
    return {
      kind: 'claimed',
      epoch: session.epoch,
      persistentBefore,
      present: continued !== undefined,
      previousHome,
      subscriptions: [...session.subscriptions.values()],
      receivedPacketIds: [...session.receivedPacketIds],
      sentUpTo: session.sentUpTo,
      dueWill,
    }
  }

  async release(clientId: string, epoch: number, release: Release): Promise<void> {
    const session = this.#table.claimedWith(clientId, epoch)
    this.#table.letGo(session, this.#table.nowMs(), release)
  }

  async setWill(clientId: string, epoch: number, will: StoredWill | undefined): Promise<void> {
    this.#table.setWill(this.#table.claimedWith(clientId, epoch), will)
  }

  async end(clientId: string, epoch: number): Promise<void> {
    this.#table.remove(this.#table.claimedWith(clientId, epoch))
  }

  async markReceived(clientId: string, epoch: number, packetId: number, received: boolean): Promise<void> {
    this.#table.markReceived(this.#table.claimedWith(clientId, epoch), packetId, received)
  }

  async abandon(home: WorkerAddress, nowMs: number): Promise<void> {
    const table = this.#table
    for (const session of table.heldBy(home)) table.letGo(session, nowMs, session.lostAt(nowMs))
    table.bury(home)
  }

  async takeDue(taker: WorkerAddress, nowMs: number, limit: number): Promise<readonly DueSession[]> {
    const taken: DueSession[] = []
    this.#table.checkOpen()
    this.#table.checkAlive(taker)
    while (taken.length < limit) {
      const due = this.#table.taken.takeAgain(taker) ?? this.#takeFirstDue(taker, nowMs)
      if (due === undefined) break
      taken.push(due)
    }
    return taken
  }

  async settleDue(taker: WorkerAddress, tickets: readonly number[]): Promise<void> {
    this.#table.checkOpen()
    for (const ticket of tickets) this.#table.taken.settle(taker, ticket)
  }

  #takeFirstDue(taker: WorkerAddress, nowMs: number): DueSession | undefined {
    const table = this.#table
    const session = table.firstDue(nowMs)
    if (session === undefined) return undefined
    const { clientId, epoch, persistent } = session
    const will = session.takeDueWill(nowMs)
    const over = session.over(nowMs)
    const due = table.taken.take(taker, { clientId, epoch, will, expired: over && persistent })
    if (over) table.remove(session)
    else table.willGone(session)
    return due
  }

  #takeDueWill(
    earlier: AnySession | undefined,
    { clientId, home }: SessionClaim,
    continues: boolean,
    nowMs: number,
  ): DueWill | undefined {
    const will = earlier?.willDueByClaim(continues, nowMs)
    if (earlier === undefined || will === undefined) return undefined
    const { ticket } = this.#table.taken.take(home, { clientId, epoch: earlier.epoch, will, expired: false })
    return { ticket, will }
  }
}

function mayContinue(earlier: AnySession, claim: SessionClaim, nowMs: number): boolean {
  return earlier.sessionExpiryIntervalSeconds > 0 && !claim.cleanStart && !earlier.over(nowMs)
}
