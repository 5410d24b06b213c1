import { BoundedQueue } from '../core/bounded-queue.ts'
import type { Counters } from '../core/counters.ts'
import type { Message } from '../core/message.ts'
import type { QoS } from '../protocol/packets.ts'
import type { BrokerLimits } from './limits.ts'
import type { Undelivered } from './shared-in-flight.ts'

/** A message that waits because the window is full or the client does not read. */
export interface Waiting {
  readonly message: Message
  readonly qos: QoS
  readonly retain: boolean
  readonly subscriptionIdentifiers: readonly number[]
  /** Of the Shared Subscription that it came by; undefined: it came by none. */
  readonly sharedFilter: string | undefined
}

/** The messages that wait for one client in memory. A body that waits for many clients counts once. */
export class WaitingMessages {
  readonly #queue: BoundedQueue<Waiting>
  readonly #queueFull: BrokerLimits['queueFull']
  readonly #counters: Counters

  constructor({ queuedMessagesMax, queueFull }: BrokerLimits, counters: Counters) {
    this.#queue = new BoundedQueue(queuedMessagesMax)
    this.#queueFull = queueFull
    this.#counters = counters
  }

  get size(): number {
    return this.#queue.size
  }

  /** At the bound this message, or the oldest, is dropped and counted. */
  push(waiting: Waiting): void {
    if (this.#queue.size >= this.#queue.itemsMax) {
      this.#counters.droppedQueueFull++
      if (this.#queueFull === 'discard') return
      this.shift()
    }
    this.#queue.push(waiting)
    const { message } = waiting
    if (message.waiters++ === 0) this.#counters.bytesWaiting += message.size
  }

  shift(): Waiting | undefined {
    const waiting = this.#queue.shift()
    if (waiting === undefined) return undefined
    const { message } = waiting
    if (--message.waiters === 0) this.#counters.bytesWaiting -= message.size
    return waiting
  }

  /** Drops the messages on topics that the client may not receive any more; returns how many those were. */
  dropUnless(mayReceive: (topicName: string) => boolean): number {
    let dropped = 0
    for (let left = this.size; left > 0; left--) {
      const next = this.shift()
      if (next !== undefined && mayReceive(next.message.topicName)) this.push(next)
      else dropped++
    }
    return dropped
  }

  /** Takes out everything; returns those messages that another member of their Shared Subscription may have. */
  takeAll(): readonly Undelivered[] {
    const shared: Undelivered[] = []
    for (let next = this.shift(); next !== undefined; next = this.shift()) {
      const { message, sharedFilter } = next
      if (sharedFilter !== undefined) shared.push({ message, sharedFilter })
    }
    return shared
  }
}
