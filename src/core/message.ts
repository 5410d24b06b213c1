import type { QoS } from '../protocol/packets.ts'

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

/** `expiresAtMs` of a message that does not expire. */
export const NEVER_EXPIRES = 0

const NO_PROPERTIES: Buffer = Buffer.alloc(0)

/** An application message that is kept: queued, in flight to a persistent session, retained, or sent to another worker. */
export class Message {
  readonly topicName: string
  /** Owned by the message: never a view on a read buffer. */
  readonly payload: Buffer
  /** The v5 properties that a receiver gets, encoded in the publisher's order, without length, expiry, alias and subscription id. */
  readonly properties: Buffer
  readonly qos: QoS
  readonly retain: boolean
  /** Unix time in ms, or {@link NEVER_EXPIRES}. */
  readonly expiresAtMs: number
  /** Client Identifier of the publisher, for No Local; empty for the broker's own messages. */
  readonly publisher: string

  constructor(fields: MessageFields) {
    this.topicName = fields.topicName
    this.payload = fields.payload
    this.properties = fields.properties
    this.qos = fields.qos
    this.retain = fields.retain
    this.expiresAtMs = fields.expiresAtMs
    this.publisher = fields.publisher
  }

  expired(nowMs: number): boolean {
    return this.expiresAtMs !== NEVER_EXPIRES && nowMs >= this.expiresAtMs
  }
}

export { NO_PROPERTIES }
