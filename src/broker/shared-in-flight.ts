import type { Counters } from '../core/counters.ts'
import type { Message } from '../core/message.ts'

/** A message of a Shared Subscription that one member was chosen for and has not acknowledged. */
export interface Undelivered {
  readonly message: Message
  /** `$share/<name>/<filter>`. */
  readonly sharedFilter: string
}

/**
 * QoS 1 messages of Shared Subscriptions in flight to a session that ends with its connection: then they go to another
 * member (v5 4.8.2). As many as the window holds; QoS 2 is left out, for it must not go to anybody else ([MQTT-4.8.2-5]).
 */
export class SharedInFlight {
  readonly #counters: Counters
  /** By position in the window, oldest first. */
  readonly #messages = new Map<number, Undelivered>()

  constructor(counters: Counters) {
    this.#counters = counters
  }

  sent(position: number, undelivered: Undelivered): void {
    this.#messages.set(position, undelivered)
    const { message } = undelivered
    if (message.waiters++ === 0) this.#counters.bytesWaiting += message.size
  }

  /** The client has acknowledged it, with whatever Reason Code ([MQTT-4.8.2-6]). */
  complete(position: number): void {
    const undelivered = this.#messages.get(position)
    if (undelivered === undefined) return
    this.#messages.delete(position)
    const { message } = undelivered
    if (--message.waiters === 0) this.#counters.bytesWaiting -= message.size
  }

  /** Takes out what was not acknowledged, in its order. */
  takeAll(): readonly Undelivered[] {
    const undelivered = [...this.#messages.values()]
    for (const position of this.#messages.keys()) this.complete(position)
    return undelivered
  }
}
