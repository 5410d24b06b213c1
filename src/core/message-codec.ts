import type { QoS, RetainHandling } from '../protocol/packets.ts'
import { type ByteReader, type ByteWriter, malformed, prefixedSize, utf8Size } from './byte-codec.ts'
import { EncodedText } from './encoded-text.ts'
import type { KnownStrings } from './known-strings.ts'
import { type Message, type MessageView, NEVER_EXPIRES } from './message.ts'
import { ReceivedMessage } from './received-message.ts'
import type { Subscription } from './subscription.ts'

/** Bits of a message's first byte; the QoS takes the lowest two. */
const RETAIN = 0x04
const HAS_PROPERTIES = 0x08
const HAS_EXPIRY = 0x10
const HAS_PUBLISHER = 0x20
const MESSAGE_FLAGS_MAX = 0x3f

/** Bits of a subscription's first byte; the QoS takes the lowest two, Retain Handling the two from 0x10 on. */
const NO_LOCAL = 0x04
const RETAIN_AS_PUBLISHED = 0x08
const RETAIN_HANDLING_SHIFT = 4
const SUBSCRIPTION_FLAGS_MAX = 0x3f

/** Bytes that {@link writeMessage} writes, exactly. */
export function messageSize(message: MessageView): number {
  return sizeWith(message, utf8Size(message.topicName), utf8Size(message.publisher))
}

/** Writes a message in {@link messageSize} bytes. */
export function writeMessage(writer: ByteWriter, message: MessageView): void {
  const { publisher } = message
  writer.u8(flagsOf(message, publisher.length))
  writer.string(message.topicName)
  writeContent(writer, message)
  if (publisher !== '') writer.string(publisher)
  if (message.expiresAtMs !== NEVER_EXPIRES) writer.f64(message.expiresAtMs)
}

/**
 * Writes the same bytes as {@link writeMessage} for one message after the other. They come in runs, of one publisher
 * and on one topic, so that the two names are mostly copied and not encoded again.
 */
export class MessageRunWriter {
  readonly #topicName = new EncodedText()
  readonly #publisher = new EncodedText()

  /** Bytes that `write` writes, exactly; called before it for the same message. */
  size(message: MessageView): number {
    return sizeWith(message, this.#topicName.of(message.topicName).length, this.#publisher.of(message.publisher).length)
  }

  write(writer: ByteWriter, message: MessageView): void {
    const publisher = this.#publisher.of(message.publisher)
    writer.u8(flagsOf(message, publisher.length))
    writer.shortBytes(this.#topicName.of(message.topicName))
    writeContent(writer, message)
    if (publisher.length > 0) writer.shortBytes(publisher)
    if (message.expiresAtMs !== NEVER_EXPIRES) writer.f64(message.expiresAtMs)
  }
}

/** Reads a message that owns its payload. */
export function readMessage(reader: ByteReader): Message {
  const view = new ReceivedMessage()
  readMessageInto(view, reader, undefined)
  return view.kept()
}

/** Reads a message where it lies. `known` is asked for its Topic Name, where the same ones are likely to come again. */
export function readMessageInto(view: ReceivedMessage, reader: ByteReader, known: KnownStrings | undefined): void {
  const flags = reader.u8()
  if (flags > MESSAGE_FLAGS_MAX) throw malformed('unknown message flags')
  view.qos = qosOf(flags & 3)
  view.retain = (flags & RETAIN) !== 0
  view.topicName = reader.string(known)
  view.payloadBytes = reader.buffer
  view.payloadStart = reader.skipBytes()
  view.payloadEnd = reader.offset
  view.propertiesBytes = reader.buffer
  view.propertiesStart = (flags & HAS_PROPERTIES) === 0 ? reader.offset : reader.skipBytes()
  view.propertiesEnd = reader.offset
  view.publisherStart = (flags & HAS_PUBLISHER) === 0 ? reader.offset : reader.skipBytes()
  view.publisherEnd = reader.offset
  view.expiresAtMs = (flags & HAS_EXPIRY) === 0 ? NEVER_EXPIRES : reader.f64()
}

/** Writes a subscription with its options. */
export function writeSubscription(writer: ByteWriter, subscription: Subscription): void {
  writer.u8(
    subscription.qos |
      (subscription.noLocal ? NO_LOCAL : 0) |
      (subscription.retainAsPublished ? RETAIN_AS_PUBLISHED : 0) |
      (subscription.retainHandling << RETAIN_HANDLING_SHIFT),
  )
  writer.string(subscription.topicFilter)
  writer.varuint(subscription.subscriptionIdentifier)
}

/** Reads what {@link writeSubscription} wrote. */
export function readSubscription(reader: ByteReader): Subscription {
  const flags = reader.u8()
  if (flags > SUBSCRIPTION_FLAGS_MAX) throw malformed('unknown subscription flags')
  return {
    topicFilter: reader.string(),
    qos: qosOf(flags & 3),
    noLocal: (flags & NO_LOCAL) !== 0,
    retainAsPublished: (flags & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandlingOf(flags >> RETAIN_HANDLING_SHIFT),
    subscriptionIdentifier: reader.varuint(),
  }
}

/** Checks a QoS that was read. */
export function qosOf(value: number): QoS {
  if (value === 0 || value === 1 || value === 2) return value
  throw malformed('a QoS of 3')
}

function sizeWith(message: MessageView, topicNameSize: number, publisherSize: number): number {
  const propertiesSize = message.propertiesEnd - message.propertiesStart
  let size = 1 + prefixedSize(topicNameSize) + prefixedSize(message.payloadEnd - message.payloadStart)
  if (propertiesSize > 0) size += prefixedSize(propertiesSize)
  if (publisherSize > 0) size += prefixedSize(publisherSize)
  if (message.expiresAtMs !== NEVER_EXPIRES) size += 8
  return size
}

function flagsOf(message: MessageView, publisherSize: number): number {
  return (
    message.qos |
    (message.retain ? RETAIN : 0) |
    (message.propertiesEnd > message.propertiesStart ? HAS_PROPERTIES : 0) |
    (message.expiresAtMs === NEVER_EXPIRES ? 0 : HAS_EXPIRY) |
    (publisherSize > 0 ? HAS_PUBLISHER : 0)
  )
}

function writeContent(writer: ByteWriter, message: MessageView): void {
  const { propertiesStart, propertiesEnd } = message
  writer.bytes(message.payloadBytes, message.payloadStart, message.payloadEnd)
  if (propertiesEnd > propertiesStart) writer.bytes(message.propertiesBytes, propertiesStart, propertiesEnd)
}

function retainHandlingOf(value: number): RetainHandling {
  if (value === 0 || value === 1 || value === 2) return value
  throw malformed('a Retain Handling of 3')
}
