import type { Counters } from '../core/counters.ts'
import type { Message } from '../core/message.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store } from '../ports/store.ts'
import type { QoS } from '../protocol/packets.ts'
import type { ConnectedSession } from './connected-session.ts'
import { optionsOf } from './route.ts'
import type { SysTopics } from './sys-topics.ts'

/** What the replay of retained messages works with. */
export interface RetainedReplayContext {
  readonly store: Store
  readonly clock: Clock
  readonly counters: Counters
  readonly sys: SysTopics
}

/** Sends the Retained Messages that a new subscription matches (v5 3.3.1.3). */
export class RetainedReplay {
  readonly #context: RetainedReplayContext

  constructor(context: RetainedReplayContext) {
    this.#context = context
  }

  /**
   * Replays for these subscriptions, page by page, at the pace of the client. If a replay to the session is under way
   * it takes them over, so that no more than one page waits for a client; `open` tells whether its connection is there.
   */
  async replay(session: ConnectedSession, subscriptions: readonly Subscription[], open: () => boolean): Promise<void> {
    if (subscriptions.length === 0) return
    for (const subscription of subscriptions) session.awaitReplay(subscription)
    if (session.replaying) return
    session.replaying = true
    try {
      for (let next = session.nextReplay(); next !== undefined; next = session.nextReplay()) {
        if (open()) await this.#replayOne(session, next, open)
      }
    } finally {
      session.replaying = false
    }
  }

  async #replayOne(session: ConnectedSession, subscription: Subscription, open: () => boolean): Promise<void> {
    const { store, clock, sys } = this.#context
    for await (const page of store.retained.match(subscription.topicFilter, clock.nowMs())) {
      // It may have been given up, or withdrawn, meanwhile.
      if (!open() || !session.subscriptions.has(subscription.topicFilter)) return
      await Promise.all(page.map(message => this.#send(session, subscription, message)))
      await session.drain?.idle()
      await session.subscriber.idle()
    }
    if (!open()) return
    const { subscriptionIdentifiers } = optionsOf(subscription)
    for (const message of sys.match(subscription.topicFilter)) {
      session.subscriber.deliverKept(message, 0, true, subscriptionIdentifiers)
    }
  }

  async #send(session: ConnectedSession, subscription: Subscription, message: Message): Promise<void> {
    const { store, counters } = this.#context
    const subscriptionIdentifiers = optionsOf(subscription).subscriptionIdentifiers
    const qos: QoS = message.qos < subscription.qos ? message.qos : subscription.qos
    if (qos === 0 || !session.persistent || session.drain === undefined) {
      session.subscriber.deliverKept(message, qos, true, subscriptionIdentifiers)
      return
    }
    const delivery = { qos, retain: true, subscriptionIdentifiers }
    const { dropped } = await store.queues.append([{ clientId: session.clientId, delivery }], message)
    counters.droppedQueueFull += dropped
    session.drain.wake()
  }
}
