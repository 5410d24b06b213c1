import type { QoS } from '../protocol/packets.ts'
import { copyMessage, type Message, type MessageView, NEVER_EXPIRES, NO_PROPERTIES } from './message.ts'

/** A message in the bytes that another process sent; one is filled again for each, so that reading costs no object. */
export class ReceivedMessage implements MessageView {
  topicName = ''
  qos: QoS = 0
  retain = false
  expiresAtMs: number = NEVER_EXPIRES
  propertiesBytes: Buffer = NO_PROPERTIES
  propertiesStart = 0
  propertiesEnd = 0
  payloadBytes: Buffer = NO_PROPERTIES
  payloadStart = 0
  payloadEnd = 0
  /** In `payloadBytes`, too. */
  publisherStart = 0
  publisherEnd = 0

  /** Decoded when somebody asks, which is only a subscriber with No Local. */
  get publisher(): string {
    return this.payloadBytes.toString('utf8', this.publisherStart, this.publisherEnd)
  }

  kept(): Message {
    return copyMessage(this)
  }
}
