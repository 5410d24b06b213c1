import type { Subscription } from '../../core/subscription.ts'
import type { DueSession, Release } from '../../ports/store.ts'
import type { SessionJournal } from '../session-journal.ts'
import type { EmbeddedSession } from './embedded-session.ts'
import type { Journal } from './journal.ts'
import * as operations from './operations.ts'
import type { SessionNumbers } from './session-numbers.ts'
import type { StoredBodies } from './stored-bodies.ts'

/**
 * Tells the journal of the changes of sessions. A session without expiry and will is not told of: nothing of it would
 * outlive its connection, and its CONNECT waits for no disk.
 */
export class SessionOperations implements SessionJournal<EmbeddedSession> {
  readonly #journal: Journal
  readonly #numbers: SessionNumbers
  readonly #bodies: StoredBodies

  constructor(journal: Journal, numbers: SessionNumbers, bodies: StoredBodies) {
    this.#journal = journal
    this.#numbers = numbers
    this.#bodies = bodies
  }

  held(session: EmbeddedSession): void {
    const { epoch, sessionExpiryIntervalSeconds, will, sentUpTo } = session
    if (session.number !== 0) {
      const hold = { epoch, sessionExpiryIntervalSeconds, will }
      operations.writeHeld(this.#journal.begin(), session.number, hold, sentUpTo)
    } else if (session.persistent || will !== undefined) this.#writeFirst(session)
  }

  /** Writes the session in one piece; what was written of it before is not needed any more. */
  writeWhole(session: EmbeddedSession): void {
    session.generation++
    operations.writeSession(this.#journal.begin(), session.record())
  }

  letGo(session: EmbeddedSession, release: Release): void {
    if (session.number !== 0) operations.writeLetGo(this.#journal.begin(), session.number, release)
    else this.#writeFirst(session)
  }

  willGone(session: EmbeddedSession): void {
    if (session.number !== 0) operations.writeWillGone(this.#journal.begin(), session.number)
  }

  ended(session: EmbeddedSession): void {
    if (session.number === 0) return
    operations.writeEnded(this.#journal.begin(), session.number)
    this.#numbers.forget(session)
    for (const { body } of session.queue?.entriesAfter(0) ?? []) this.#bodies.letGo(body)
  }

  received(session: EmbeddedSession, packetId: number, received: boolean): void {
    if (session.number !== 0) operations.writeReceived(this.#journal.begin(), session.number, packetId, received)
  }

  subscribed(session: EmbeddedSession, subscriptions: readonly Subscription[]): void {
    if (session.number !== 0) operations.writeSubscribed(this.#journal.begin(), session.number, subscriptions)
  }

  unsubscribed(session: EmbeddedSession, topicFilters: readonly string[]): void {
    if (session.number !== 0) operations.writeUnsubscribed(this.#journal.begin(), session.number, topicFilters)
  }

  taken(due: DueSession): void {
    operations.writeTaken(this.#journal.begin(), due)
  }

  settled(ticket: number): void {
    operations.writeSettled(this.#journal.begin(), ticket)
  }

  #writeFirst(session: EmbeddedSession): void {
    this.#numbers.number(session)
    this.writeWhole(session)
  }
}
