import type { Message } from '../../core/message.ts'
import type { DueSession } from '../../ports/store.ts'
import type { TakenDue } from '../taken-due.ts'
import type { EmbeddedRetained } from './embedded-retained.ts'
import type { Journal } from './journal.ts'
import {
  type OperationSink,
  type QueueReference,
  type SessionRecord,
  writeQueued,
  writeRetained,
  writeTaken,
} from './operations.ts'
import type { Segment } from './segment.ts'
import type { SessionNumbers } from './session-numbers.ts'
import type { SessionOperations } from './session-operations.ts'
import type { StoredBody } from './stored-body.ts'

/** Where {@link LiveOperations} looks and what it tells. */
export interface LiveOperationsParts {
  readonly journal: Journal
  readonly numbers: SessionNumbers
  readonly operations: SessionOperations
  readonly retained: EmbeddedRetained
  readonly taken: TakenDue
}

/**
 * Is told an old segment and tells the journal again what of it is still so: sessions in one piece, and messages with
 * the references that are left, and what was taken and not settled. Everything else is part of those, or over.
 */
export class LiveOperations implements OperationSink {
  /** Bytes that the sessions took so far. */
  sessionBytes = 0
  readonly #parts: LiveOperationsParts
  #segment: Segment | undefined = undefined
  #bodiesOffset = 0
  /** Where the next body begins, from the first one of the record. */
  #next = 0
  #readBody: ((start: number, end: number) => Message) | undefined = undefined

  constructor(parts: LiveOperationsParts) {
    this.#parts = parts
  }

  /** The operations of a record follow, whose bodies `readBody` reads. */
  startRecord(segment: Segment, bodiesOffset: number, readBody: (start: number, end: number) => Message): void {
    this.#segment = segment
    this.#bodiesOffset = bodiesOffset
    this.#next = 0
    this.#readBody = readBody
  }

  session({ number, generation }: SessionRecord): void {
    const { journal, numbers, operations } = this.#parts
    const session = numbers.find(number)
    if (session?.generation !== generation) return
    const before = journal.bytes
    operations.writeWhole(session)
    this.sessionBytes += Math.max(0, journal.bytes - before)
  }

  queued(length: number, _expiresAtMs: number, references: readonly QueueReference[]): void {
    const start = this.#skip(length)
    let body: StoredBody | undefined
    const live: QueueReference[] = []
    for (const { session, position, delivery } of references) {
      const entry = this.#parts.numbers.find(session)?.queue?.find(position)
      if (entry === undefined || !this.#liesHere(entry.body, start)) continue
      body = entry.body
      live.push({ session, position, delivery, released: entry.released })
    }
    if (body === undefined) return
    this.#moveBody(body, start)
    writeQueued(this.#parts.journal.begin(), length, body.expiresAtMs, live)
  }

  retained(length: number, _expiresAtMs: number, topicName: string): void {
    const start = this.#skip(length)
    const body = this.#parts.retained.find(topicName)
    if (body === undefined || !this.#liesHere(body, start)) return
    this.#moveBody(body, start)
    writeRetained(this.#parts.journal.begin(), length, body.expiresAtMs, topicName)
  }

  taken({ ticket }: DueSession): void {
    const due = this.#parts.taken.find(ticket)
    if (due !== undefined) writeTaken(this.#parts.journal.begin(), due)
  }

  held(): void {}
  letGo(): void {}
  willGone(): void {}
  ended(): void {}
  received(): void {}
  subscribed(): void {}
  unsubscribed(): void {}
  released(): void {}
  removed(): void {}
  unretained(): void {}
  settled(): void {}

  #skip(length: number): number {
    const start = this.#next
    this.#next += length
    return start
  }

  #liesHere(body: StoredBody, start: number): boolean {
    return this.#segment !== undefined && body.liesAt(this.#segment, this.#bodiesOffset + start)
  }

  #moveBody(body: StoredBody, start: number): void {
    const message = this.#readBody?.(start, start + body.length)
    if (message !== undefined) this.#parts.journal.addBody(message, body)
  }
}
