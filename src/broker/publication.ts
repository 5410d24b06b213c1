import { copyMessage, type Message, type MessageView, NEVER_EXPIRES } from '../core/message.ts'
import { IncomingPublish } from '../protocol/incoming-publish.ts'
import type { QoS } from '../protocol/packets.ts'
import type { PublishParts } from '../protocol/publish-parts.ts'
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
export class Publication implements MessageView {
  topicName = ''
  qos: QoS = 0
  retain = false
  expiresAtMs: number = NEVER_EXPIRES
  readonly template = new PublishTemplate()
  #parts: PublishParts = new IncomingPublish()
  /** What is routed, if it is not a packet of a client. */
  #view: MessageView | undefined = undefined
  /** Of a packet. */
  #publisher = ''
  #kept: Message | undefined = undefined

  /** Takes over a packet that was just decoded; valid until the decoder goes on. */
  fromIncoming(incoming: IncomingPublish, topic: PublishedTopic, publisher: string, nowMs: number): void {
    this.topicName = topic.topicName
    this.qos = incoming.qos
    this.retain = incoming.retain
    this.#publisher = publisher
    this.#parts = incoming
    this.#view = undefined
    this.#kept = undefined
    const expirySeconds = incoming.messageExpiryIntervalSeconds
    this.expiresAtMs = expirySeconds < 0 ? NEVER_EXPIRES : nowMs + expirySeconds * 1000
    this.template.fromIncoming(incoming, topic.topicBytes)
  }

  /** Takes a will, or a message from another worker; valid as long as `view` is. */
  fromView(view: MessageView, { topicBytes }: PublishedTopic, nowMs: number): void {
    this.topicName = view.topicName
    this.qos = view.qos
    this.retain = view.retain
    this.#parts = view
    this.#view = view
    this.#kept = undefined
    this.expiresAtMs = view.expiresAtMs
    fillTemplate(this.template, view, topicBytes, nowMs)
  }

  get publisher(): string {
    return this.#view === undefined ? this.#publisher : this.#view.publisher
  }

  get propertiesBytes(): Buffer {
    return this.#parts.propertiesBytes
  }

  get propertiesStart(): number {
    return this.#parts.propertiesStart
  }

  get propertiesEnd(): number {
    return this.#parts.propertiesEnd
  }

  get payloadBytes(): Buffer {
    return this.#parts.payloadBytes
  }

  get payloadStart(): number {
    return this.#parts.payloadStart
  }

  get payloadEnd(): number {
    return this.#parts.payloadEnd
  }

  /** The message with bytes of its own. */
  kept(): Message {
    this.#kept ??= this.#view?.kept() ?? copyMessage(this)
    return this.#kept
  }
}

/** Fills `template` with a message; its Message Expiry Interval is what is left of it (v5 [MQTT-3.3.2-6]). */
export function fillTemplate(template: PublishTemplate, message: MessageView, topicBytes: Buffer, nowMs: number): void {
  const expirySeconds =
    message.expiresAtMs === NEVER_EXPIRES ? -1 : Math.max(0, Math.ceil((message.expiresAtMs - nowMs) / 1000))
  template.fromParts(topicBytes, message, expirySeconds)
}
