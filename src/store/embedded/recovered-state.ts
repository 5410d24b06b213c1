import type { Subscription } from '../../core/subscription.ts'
import type { DueSession, Release } from '../../ports/store.ts'
import { EmbeddedSession } from './embedded-session.ts'
import type { Hold, OperationSink, QueueReference, SessionRecord } from './operations.ts'
import type { Segment } from './segment.ts'
import type { StoredBodies } from './stored-bodies.ts'
import { StoredBody } from './stored-body.ts'
import { StoredQueue } from './stored-queue.ts'

/**
 * What the journal says, from its oldest record to its newest. Where the oldest segments were removed, the queue of a
 * session may be told of before the session itself, and changes of it that a later record in one piece includes.
 */
export class RecoveredState implements OperationSink {
  readonly sessions = new Map<number, EmbeddedSession>()
  /** By Topic Name. */
  readonly retainedBodies = new Map<string, StoredBody>()
  /** What was taken and not settled, by ticket. */
  readonly due = new Map<number, DueSession>()
  /** The largest number of a session that is named. */
  lastNumber = 0
  readonly #bodies: StoredBodies
  readonly #queues = new Map<number, StoredQueue>()
  #segment: Segment | undefined = undefined
  #bodyOffset = 0

  constructor(bodies: StoredBodies) {
    this.#bodies = bodies
  }

  /** The operations of a record follow; its bodies begin at `bodiesOffset` of `segment`. */
  startRecord(segment: Segment, bodiesOffset: number): void {
    this.#segment = segment
    this.#bodyOffset = bodiesOffset
  }

  session(record: SessionRecord): void {
    this.#named(record.number)
    const session = EmbeddedSession.from(record)
    if (record.lastPosition > 0) this.#queueOf(record.number).raiseLastPosition(record.lastPosition)
    this.sessions.set(session.number, session)
  }

  held(number: number, hold: Hold, sentUpTo: number): void {
    this.#named(number)
    this.sessions.get(number)?.holdAgain(hold, sentUpTo)
  }

  letGo(number: number, release: Release): void {
    const session = this.sessions.get(number)
    if (session === undefined) return
    session.home = undefined
    session.letGo(release)
  }

  willGone(number: number): void {
    this.sessions.get(number)?.forgetWill()
  }

  ended(number: number): void {
    this.#named(number)
    this.sessions.delete(number)
    this.#dropQueue(number)
  }

  received(number: number, packetId: number, received: boolean): void {
    this.sessions.get(number)?.markReceived(packetId, received)
  }

  subscribed(number: number, subscriptions: readonly Subscription[]): void {
    const session = this.sessions.get(number)
    for (const subscription of subscriptions) session?.subscribe(subscription)
  }

  unsubscribed(number: number, topicFilters: readonly string[]): void {
    const session = this.sessions.get(number)
    for (const topicFilter of topicFilters) session?.unsubscribe(topicFilter)
  }

  queued(length: number, expiresAtMs: number, references: readonly QueueReference[]): void {
    const body = this.#nextBody(length, expiresAtMs)
    for (const { session, position, released, delivery } of references) {
      this.#named(session)
      this.#bodies.refer(body)
      const replaced = this.#queueOf(session).restore({ position, delivery, released, body })
      if (replaced !== undefined) this.#bodies.letGo(replaced)
    }
  }

  released(number: number, position: number): void {
    const entry = this.#queues.get(number)?.find(position)
    if (entry !== undefined) entry.released = true
  }

  removed(number: number, positions: readonly number[]): void {
    const queue = this.#queues.get(number)
    for (const position of positions) {
      const body = queue?.remove(position)
      if (body !== undefined) this.#bodies.letGo(body)
    }
  }

  retained(length: number, expiresAtMs: number, topicName: string): void {
    this.unretained(topicName)
    const body = this.#nextBody(length, expiresAtMs)
    this.#bodies.refer(body)
    this.retainedBodies.set(topicName, body)
  }

  unretained(topicName: string): void {
    const body = this.retainedBodies.get(topicName)
    if (body === undefined) return
    this.#bodies.letGo(body)
    this.retainedBodies.delete(topicName)
  }

  taken(due: DueSession): void {
    this.due.set(due.ticket, due)
  }

  settled(ticket: number): void {
    this.due.delete(ticket)
  }

  /** The journal is at its end: queues of sessions that it does not know have ended with them. */
  finish(): void {
    for (const [number, queue] of this.#queues) {
      const session = this.sessions.get(number)
      if (session === undefined) this.#dropQueue(number)
      else session.queue = queue
    }
  }

  #queueOf(number: number): StoredQueue {
    let queue = this.#queues.get(number)
    if (queue === undefined) {
      queue = new StoredQueue()
      this.#queues.set(number, queue)
    }
    return queue
  }

  #dropQueue(number: number): void {
    for (const { body } of this.#queues.get(number)?.entriesAfter(0) ?? []) this.#bodies.letGo(body)
    this.#queues.delete(number)
  }

  #nextBody(length: number, expiresAtMs: number): StoredBody {
    const body = new StoredBody(length, expiresAtMs)
    if (this.#segment !== undefined) body.place(this.#segment, this.#bodyOffset)
    this.#bodyOffset += length
    return body
  }

  #named(number: number): void {
    this.lastNumber = Math.max(this.lastNumber, number)
  }
}
