import type { Message } from '../core/message.ts'
import type { DeliveryOptions, QueuedMessage } from '../ports/store.ts'

/** Bounds of one queue. */
export interface QueueLimits {
  readonly queuedMessagesMax: number
  readonly queuedBytesMax: number
}

/** The pending messages of one persistent session, by ascending position. */
export class MemoryQueue {
  readonly #limits: QueueLimits
  #messages: QueuedMessage[] = []
  /** In step with the messages. */
  #sizes: number[] = []
  #bytes = 0
  #lastPosition = 0

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  /** Of the newest message that was ever taken; 0: none. */
  get lastPosition(): number {
    return this.#lastPosition
  }

  /** False: the queue is full, and the message was not taken. `size` is what it counts in bytes. */
  append(message: Message, size: number, delivery: DeliveryOptions): boolean {
    const { queuedMessagesMax, queuedBytesMax } = this.#limits
    if (this.#messages.length >= queuedMessagesMax || this.#bytes + size > queuedBytesMax) return false
    this.#lastPosition++
    this.#messages.push({ position: this.#lastPosition, message, released: false, delivery })
    this.#sizes.push(size)
    this.#bytes += size
    return true
  }

  /** Up to `limit` messages after the position `after`. */
  read(after: number, limit: number): readonly QueuedMessage[] {
    const start = this.#firstFrom(after + 1)
    return this.#messages.slice(start, start + Math.max(0, limit))
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
