import type { Message } from '../core/message.ts'
import type { DeliveryOptions, QueuedMessage } from '../ports/store.ts'
import { PAGE_BYTES_MAX } from './paging.ts'

/** Bounds of one queue, and what happens there. */
export interface QueueLimits {
  readonly queuedMessagesMax: number
  readonly queuedBytesMax: number
  /** `discard`: the new message is not taken; `discard-oldest`: the oldest that was not sent yet makes room. */
  readonly queueFull: 'discard' | 'discard-oldest'
}

/** What became of a message for a queue. */
export interface Appended {
  readonly taken: boolean
  /** Messages that were not taken, or made room. */
  readonly dropped: number
}

/** A full queue is searched for expired messages this often at most. */
const SEARCH_EVERY_MS = 1_000
const TAKEN: Appended = { taken: true, dropped: 0 }
const NOT_TAKEN: Appended = { taken: false, dropped: 1 }

/** The pending messages of one persistent session, by ascending position. */
export class MemoryQueue {
  readonly #limits: QueueLimits
  #messages: QueuedMessage[] = []
  /** In step with the messages. */
  #sizes: number[] = []
  #bytes = 0
  #lastPosition = 0
  /** Newest position that was read: up to here they may have been sent. */
  #readUpTo = 0
  #searchedAtMs = -Infinity

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** Messages that wait. */
  get size(): number {
    return this.#messages.length
  }

  /** Of the newest message that was ever taken; 0: none. */
  get lastPosition(): number {
    return this.#lastPosition
  }

  /**
   * Takes a message that counts `size` bytes, if there is room or room can be made, of expired messages first. What may have been sent, up to the
   * position `sentUpTo` and to what was read, never makes room: its Packet Identifier is in use.
   */
  append(message: Message, size: number, delivery: DeliveryOptions, sentUpTo: number, nowMs: number): Appended {
    const sent = Math.max(sentUpTo, this.#readUpTo)
    if (!this.#fits(size)) this.#removeExpired(sent, nowMs)
    const oldest = this.#room(size, sent)
    if (oldest === undefined) return NOT_TAKEN
    for (const position of oldest) this.remove(position)
    this.#lastPosition++
    this.#messages.push({ position: this.#lastPosition, message, released: false, delivery })
    this.#sizes.push(size)
    this.#bytes += size
    return oldest.length === 0 ? TAKEN : { taken: true, dropped: oldest.length }
  }

  /** Up to `limit` messages after the position `after`, and of no more bytes than an answer has unless it is one. */
  read(after: number, limit: number): readonly QueuedMessage[] {
    const start = this.#firstFrom(after + 1)
    const messages: QueuedMessage[] = []
    let bytes = 0
    for (let index = start; messages.length < limit; index++) {
      const queued = this.#messages[index]
      if (queued === undefined) break
      bytes += this.#sizes[index] ?? 0
      const last = messages.at(-1)
      if (bytes > PAGE_BYTES_MAX && last !== undefined) {
        messages[messages.length - 1] = { ...last, moreFollow: true }
        break
      }
      messages.push(queued)
    }
    this.#readUpTo = Math.max(this.#readUpTo, messages.at(-1)?.position ?? 0)
    return messages
  }

  /** PUBREC was seen for the message at `position`; nothing happens if it is gone. */
  markReleased(position: number): void {
    const index = this.#firstFrom(position)
    const queued = this.#messages[index]
    if (queued?.position === position) this.#messages[index] = { ...queued, released: true }
  }

  /** Removes the message at `position`, if it is there. */
  remove(position: number): void {
    const index = this.#firstFrom(position)
    if (this.#messages[index]?.position !== position) return
    this.#messages.splice(index, 1)
    const [size = 0] = this.#sizes.splice(index, 1)
    this.#bytes -= size
  }

  #fits(size: number): boolean {
    const { queuedMessagesMax, queuedBytesMax } = this.#limits
    return this.#messages.length < queuedMessagesMax && this.#bytes + size <= queuedBytesMax
  }

  #removeExpired(sentUpTo: number, nowMs: number): void {
    if (nowMs < this.#searchedAtMs + SEARCH_EVERY_MS) return
    this.#searchedAtMs = nowMs
    const expired = this.#messages.slice(this.#firstFrom(sentUpTo + 1)).filter(({ message }) => message.expired(nowMs))
    for (const { position } of expired) this.remove(position)
  }

  /** The positions that make room for `size` bytes; undefined: there is none to be made. */
  #room(size: number, sentUpTo: number): readonly number[] | undefined {
    const { queuedMessagesMax, queuedBytesMax, queueFull } = this.#limits
    let messages = this.#messages.length
    let bytes = this.#bytes
    const fits = (): boolean => messages < queuedMessagesMax && bytes + size <= queuedBytesMax
    const oldest: number[] = []
    if (queueFull === 'discard') return fits() ? oldest : undefined
    for (let index = this.#firstFrom(sentUpTo + 1); !fits() && index < this.#messages.length; index++) {
      oldest.push(this.#messages[index]?.position ?? 0)
      messages--
      bytes -= this.#sizes[index] ?? 0
    }
    return fits() ? oldest : undefined
  }

  /** Index of the first message at `position` or after it. */
  #firstFrom(position: number): number {
    let low = 0
    let high = this.#messages.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#messages[middle]?.position ?? Infinity) < position) low = middle + 1
      else high = middle
    }
    return low
  }
}
