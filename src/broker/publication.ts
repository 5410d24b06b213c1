import { Message, NEVER_EXPIRES } from '../core/message.ts'
import type { IncomingPublish } from '../protocol/incoming-publish.ts'
import type { QoS } from '../protocol/packets.ts'
import { PublishTemplate } from '../protocol/publish-template.ts'

/** The topic of a message, as its route knows it. */
export interface PublishedTopic {
  readonly topicName: string
  /** The name in UTF-8. */
  readonly topicBytes: Buffer
}

/**
 * The message that is being routed. One instance is used again for every message, so that a fan-out allocates
 * nothing; whoever keeps the message beyond the call takes `kept()`, which is made once for all keepers.
 */
export class Publication {
  topicName = ''
  qos: QoS = 0
  retain = false
  /** Client Identifier of the publisher; empty for the broker's own messages. */
  publisher = ''
  readonly template = new PublishTemplate()
  #incoming: IncomingPublish | undefined = undefined
  #message: Message | undefined = undefined
  #expiresAtMs = NEVER_EXPIRES

  /** Takes over a packet that was just decoded; valid until the decoder goes on. */
  fromIncoming(incoming: IncomingPublish, topic: PublishedTopic, publisher: string, nowMs: number): void {
    this.topicName = topic.topicName
    this.qos = incoming.qos
    this.retain = incoming.retain
    this.publisher = publisher
    this.#incoming = incoming
    this.#message = undefined
    const expirySeconds = incoming.messageExpiryIntervalSeconds
    this.#expiresAtMs = expirySeconds < 0 ? NEVER_EXPIRES : nowMs + expirySeconds * 1000
    this.template.fromIncoming(incoming, topic.topicBytes)
  }

  /** Takes a message that is kept already: a will, or one from another worker. */
  fromMessage(message: Message, { topicBytes }: PublishedTopic, nowMs: number): void {
    this.topicName = message.topicName
    this.qos = message.qos
    this.retain = message.retain
    this.publisher = message.publisher
    this.#incoming = undefined
    this.#message = message
    this.#expiresAtMs = message.expiresAtMs
    fillTemplate(this.template, message, topicBytes, nowMs)
  }

  /** The message with bytes of its own. */
  kept(): Message {
    this.#message ??= this.#copy()
    return this.#message
  }

  #copy(): Message {
    const incoming = this.#incoming
    if (incoming === undefined) throw new Error('kept() outside of the routing of a message')
    return new Message({
      topicName: this.topicName,
      payload: Buffer.from(incoming.bytes.subarray(incoming.payloadStart, incoming.payloadEnd)),
      properties: Buffer.from(incoming.properties.subarray(incoming.propertiesStart, incoming.propertiesEnd)),
      qos: this.qos,
      retain: this.retain,
      expiresAtMs: this.#expiresAtMs,
      publisher: this.publisher,
    })
  }
}

/** Fills `template` with a kept message; its Message Expiry Interval is what is left of it (v5 [MQTT-3.3.2-6]). */
export function fillTemplate(template: PublishTemplate, message: Message, topicBytes: Buffer, nowMs: number): void {
  const expirySeconds =
    message.expiresAtMs === NEVER_EXPIRES ? -1 : Math.max(0, Math.ceil((message.expiresAtMs - nowMs) / 1000))
  template.fromParts(topicBytes, message.payload, message.properties, expirySeconds)
}
