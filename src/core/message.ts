import type { QoS } from '../protocol/packets.ts'
import type { PublishParts } from '../protocol/publish-parts.ts'

/** `expiresAtMs` of a message that does not expire. */
export const NEVER_EXPIRES = 0

/** No v5 properties. */
export const NO_PROPERTIES: Buffer = Buffer.alloc(0)

/**
 * An application message where it lies: in a read buffer, in a frame, or kept already. Valid during the call that hands
 * it over and no longer; whoever keeps the message takes {@link kept}.
 */
export interface MessageView extends PublishParts {
  readonly topicName: string
  readonly qos: QoS
  readonly retain: boolean
  /** Unix time in ms, or {@link NEVER_EXPIRES}. */
  readonly expiresAtMs: number
  /** Client Identifier of the publisher, for No Local; empty for the broker's own messages. */
  readonly publisher: string
  /** The message with bytes of its own. */
  kept(): Message
}

/** Fields of a {@link Message}, for its constructor. */
export interface MessageFields {
  readonly topicName: string
  readonly payload: Buffer
  readonly properties: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly expiresAtMs: number
  readonly publisher: string
}

/** An application message that is kept: queued, waiting for its receiver, or retained. */
export class Message implements MessageView {
  readonly topicName: string
  /** Owned by the message: never a view on a read buffer. */
  readonly payload: Buffer
  /** The v5 properties that a receiver gets, encoded in the publisher's order, without length, expiry, alias and subscription id. */
  readonly properties: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly expiresAtMs: number
  readonly publisher: string
  /** Clients of this worker for which it waits in memory, so that its bytes are counted once. */
  waiters = 0

  constructor(fields: MessageFields) {
    this.topicName = fields.topicName
    this.payload = fields.payload
    this.properties = fields.properties
    this.qos = fields.qos
    this.retain = fields.retain
    this.expiresAtMs = fields.expiresAtMs
    this.publisher = fields.publisher
  }

  get propertiesBytes(): Buffer {
    return this.properties
  }

  get propertiesStart(): number {
    return 0
  }

  get propertiesEnd(): number {
    return this.properties.length
  }

  get payloadBytes(): Buffer {
    return this.payload
  }

  get payloadStart(): number {
    return 0
  }

  get payloadEnd(): number {
    return this.payload.length
  }

  /** Bytes of payload and properties. */
  get size(): number {
    return this.payload.length + this.properties.length
  }

  expired(nowMs: number): boolean {
    return this.expiresAtMs !== NEVER_EXPIRES && nowMs >= this.expiresAtMs
  }

  kept(): this {
    return this
  }
}

/** The message of a view, its bytes copied. */
export function copyMessage(view: MessageView): Message {
  const { topicName, qos, retain, expiresAtMs, publisher } = view
  const payload = copyBytes(view.payloadBytes, view.payloadStart, view.payloadEnd)
  const properties = copyBytes(view.propertiesBytes, view.propertiesStart, view.propertiesEnd)
  return new Message({ topicName, payload, properties, qos, retain, expiresAtMs, publisher })
}

function copyBytes(bytes: Buffer, start: number, end: number): Buffer {
  if (start === end) return NO_PROPERTIES
  const copy = Buffer.allocUnsafe(end - start)
  bytes.copy(copy, 0, start, end)
  return copy
}
