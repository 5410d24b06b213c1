import { Message, NEVER_EXPIRES, NO_PROPERTIES } from '../core/message.ts'
import type { SysTopic } from '../core/sys-topic.ts'
import { matches } from '../protocol/topic.ts'
import type { Router } from './router.ts'

const PREFIX = '$SYS/'

/**
 * The `$SYS` topics of this node at this worker. Every worker is told the same values and brings them to its own
 * subscribers, so that nothing of them is stored or sent further: those of another node are that node's business, and a
 * Shared Subscription, whose members may be anywhere, gets none. They are sent at QoS 0, for a newer value is on its way.
 */
export class SysTopics {
  readonly #router: Router
  /** What a new subscription gets, by Topic Name; as many as there are topics. */
  readonly #messages = new Map<string, Message>()

  constructor(router: Router) {
    this.#router = router
  }

  /** Publishes the values that have changed. */
  publish(topics: readonly SysTopic[]): void {
    for (const { topicName, value } of topics) {
      const payload = Buffer.from(value)
      if (this.#messages.get(topicName)?.payload.equals(payload) === true) continue
      const message = new Message({
        topicName,
        payload,
        properties: NO_PROPERTIES,
        qos: 0,
        retain: true,
        expiresAtMs: NEVER_EXPIRES,
        publisher: '',
      })
      this.#messages.set(topicName, message)
      this.#router.routeFrame(message, true, [])
    }
  }

  /** The values as they are now, for a new subscription. */
  *match(topicFilter: string): Generator<Message, void, undefined> {
    if (!topicFilter.startsWith(PREFIX)) return
    for (const message of this.#messages.values()) if (matches(topicFilter, message.topicName)) yield message
  }
}
