import type { DeliveryOptions } from '../../ports/store.ts'
import type { StoredBody } from './stored-body.ts'

/** A message in a queue: what is known of it without reading it. */
export interface QueueEntry {
  readonly position: number
  readonly delivery: DeliveryOptions
  released: boolean
  /** Undefined: it was removed, and the entry goes with those before it. */
  body: StoredBody | undefined
}

/** An entry that was not removed. */
export type WaitingEntry = QueueEntry & { body: StoredBody }

/** What a read found. */
export interface FoundEntries {
  readonly entries: readonly WaitingEntry[]
  /** The bound in bytes was reached before the end. */
  readonly moreFollow: boolean
}

/** Entries that were removed are kept in place until there are this many, and more than half. */
const HOLES_MAX = 64

/** The pending messages of one persistent session by ascending position: where they are, not what they say. */
export class StoredQueue {
  #entries: QueueEntry[] = []
  #holes = 0
  #bytes = 0
  #lastPosition = 0
  /** Newest position that a connection has asked for: up to here they may have been sent. */
  readUpTo = 0
  /** How many messages more the connection takes without asking, and the claim that it belongs to. */
  #takes = 0
  #takesFor = 0
  /** When it was last searched for expired messages. */
  searchedAtMs = 0

  /** Messages that wait. */
  get size(): number {
    return this.#entries.length - this.#holes
  }

  /** Of the messages that wait. */
  get bytes(): number {
    return this.#bytes
  }

  /** Of the newest message that was ever taken; 0: none. */
  get lastPosition(): number {
    return this.#lastPosition
  }

  /** Positions up to here were given out once. */
  raiseLastPosition(position: number): void {
    this.#lastPosition = Math.max(this.#lastPosition, position)
  }

  /** The connection of the claim `epoch` has read everything, and takes so many messages more. */
  takeOn(epoch: number, messages: number): void {
    this.#takesFor = epoch
    this.#takes = messages
  }

  /**
   * Whether the message at `position`, which is safe, may go to the connection of the claim `epoch` without being read: it
   * has got all before it, and takes more. It counts as read then.
   */
  handOver(position: number, epoch: number): boolean {
    if (this.#takesFor !== epoch || this.#takes <= 0 || this.readUpTo !== position - 1) return false
    this.#takes--
    this.readUpTo = position
    return true
  }

  /** Takes a message at the next position. */
  append(body: StoredBody, delivery: DeliveryOptions): QueueEntry {
    this.#lastPosition++
    const entry: QueueEntry = { position: this.#lastPosition, delivery, released: false, body }
    this.#entries.push(entry)
    this.#bytes += body.length
    return entry
  }

  /** Puts a message back where it was; gives the body that was at the position already, if there was one. */
  restore(restored: QueueEntry): StoredBody | undefined {
    this.raiseLastPosition(restored.position)
    const index = this.#firstFrom(restored.position)
    const there = this.#entries[index]
    this.#bytes += restored.body?.length ?? 0
    if (there?.position !== restored.position) {
      this.#entries.splice(index, 0, restored)
      return undefined
    }
    this.#entries[index] = restored
    if (there.body === undefined) this.#holes--
    else this.#bytes -= there.body.length
    return there.body
  }

  /** The message at `position`, if it waits there. */
  find(position: number): WaitingEntry | undefined {
    const entry = this.#entries[this.#firstFrom(position)]
    return entry?.position === position && isWaiting(entry) ? entry : undefined
  }

  /** Up to `limit` messages after the position `after`, as far as they are safe, and of no more than `bytesMax` bytes unless it is one. */
  read(after: number, limit: number, bytesMax: number): FoundEntries {
    const entries: WaitingEntry[] = []
    let bytes = 0
    for (let index = this.#firstFrom(after + 1); entries.length < limit; index++) {
      const entry = this.#entries[index]
      if (entry === undefined) break
      if (!isWaiting(entry)) continue
      bytes += entry.body.length
      if (entry.body.segment === undefined) break
      if (bytes > bytesMax && entries.length > 0) return { entries, moreFollow: true }
      entries.push(entry)
    }
    return { entries, moreFollow: false }
  }

  /** Takes the message at `position` out and gives its body. */
  remove(position: number): StoredBody | undefined {
    const entry: QueueEntry | undefined = this.find(position)
    const body = entry?.body
    if (entry === undefined || body === undefined) return undefined
    entry.body = undefined
    // What is acknowledged makes room for another.
    this.#takes++
    this.#holes++
    this.#bytes -= body.length
    if (this.#holes > HOLES_MAX && this.#holes * 2 > this.#entries.length) this.#close()
    return body
  }

  /** The messages that wait behind the position `after`, oldest first. */
  *entriesAfter(after: number): Generator<WaitingEntry, void, undefined> {
    for (let index = this.#firstFrom(after + 1); index < this.#entries.length; index++) {
      const entry = this.#entries[index]
      if (isWaiting(entry)) yield entry
    }
  }

  /** Takes the holes out. */
  #close(): void {
    this.#entries = this.#entries.filter(entry => entry.body !== undefined)
    this.#holes = 0
  }

  /** Index of the first entry at `position` or after it. */
  #firstFrom(position: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.position ?? Infinity) < position) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isWaiting(entry: QueueEntry | undefined): entry is WaitingEntry {
  return entry?.body !== undefined
}
