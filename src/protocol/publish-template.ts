import {
  variableByteIntegerSize,
  writeFourByteInteger,
  writeTwoByteInteger,
  writeVariableByteInteger,
} from './bytes.ts'
import type { IncomingPublish } from './incoming-publish.ts'
import type { OutBuffer } from './out-buffer.ts'
import { PUBLISH } from './packet-types.ts'
import type { ProtocolVersion, QoS } from './packets.ts'
import { Property } from './properties.ts'
import type { PublishParts } from './publish-parts.ts'
import { appendVariant, forget, roomFor, Variant } from './publish-variant.ts'

/** Larger packets are put together in the receiver's buffer at once: laying them out first would copy them twice. */
const LAID_OUT_BYTES_MAX = 64 * 1024

const MESSAGE_EXPIRY_BYTES = 5
const TOPIC_ALIAS_BYTES = 3
const NOTHING: Buffer = Buffer.alloc(0)

/** Whether a packet has a Topic Alias: it has none, sets it with its Topic Name, or uses it without (v5 3.3.2.3.4). */
export type Aliasing = 'none' | 'sets' | 'uses'

/**
 * One message on its way to any number of receivers. Its PUBLISH is laid out once per variant that has two receivers, or
 * not at all where the publisher's own bytes will do; then each receiver costs a copy and the stamping of what differs. An
 * instance is used again for the next message and refers to the bytes it was given until then.
 */
export class PublishTemplate {
  #topic: Buffer = NOTHING
  #properties: Buffer = NOTHING
  #propertiesStart = 0
  #propertiesEnd = 0
  #messageExpiryIntervalSeconds = -1
  #payload: Buffer = NOTHING
  #payloadStart = 0
  #payloadEnd = 0
  readonly #version3QoS0 = new Variant()
  readonly #version3 = new Variant()
  readonly #version5QoS0 = new Variant()
  readonly #version5 = new Variant()
  readonly #aliasedQoS0 = new Variant()
  readonly #aliased = new Variant()

  /** Takes a packet that was just decoded. `topic` is its Topic Name in UTF-8, which an alias may stand for. */
  fromIncoming(incoming: IncomingPublish, topic: Buffer): void {
    this.fromParts(topic, incoming, incoming.messageExpiryIntervalSeconds)
    if (!incoming.forwardable) return
    const variant = this.#variant(incoming.protocolVersion, incoming.qos)
    variant.ready = true
    variant.bytes = incoming.bytes
    variant.start = incoming.packetStart
    variant.end = incoming.packetEnd
    variant.packetIdOffset = incoming.topicEnd - incoming.packetStart
  }

  /** Takes a message wherever it lies; `messageExpiryIntervalSeconds` is -1 when it does not expire. */
  fromParts(topic: Buffer, parts: PublishParts, messageExpiryIntervalSeconds: number): void {
    this.#topic = topic
    this.#messageExpiryIntervalSeconds = messageExpiryIntervalSeconds
    this.#properties = parts.propertiesBytes
    this.#propertiesStart = parts.propertiesStart
    this.#propertiesEnd = parts.propertiesEnd
    this.#payload = parts.payloadBytes
    this.#payloadStart = parts.payloadStart
    this.#payloadEnd = parts.payloadEnd
    forget(this.#version3QoS0)
    forget(this.#version3)
    forget(this.#version5QoS0)
    forget(this.#version5)
    forget(this.#aliasedQoS0)
    forget(this.#aliased)
  }

  /** Bytes of the payload. */
  get payloadSize(): number {
    return this.#payloadEnd - this.#payloadStart
  }

  /** Bytes of the packet that `append` would append, to be held against a receiver's Maximum Packet Size. */
  size(version: ProtocolVersion, qos: QoS, subscriptionIdentifiers: readonly number[]): number {
    return this.#size(version, qos, subscriptionIdentifiers, 'none')
  }

  /** Appends the PUBLISH for one receiver. `packetId` goes with QoS 1 and 2, `subscriptionIdentifiers` with MQTT 5. */
  append(
    out: OutBuffer,
    version: ProtocolVersion,
    qos: QoS,
    retain: boolean,
    duplicate: boolean,
    packetId: number,
    subscriptionIdentifiers: readonly number[],
  ): void {
    const first = (PUBLISH << 4) | (duplicate ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
    if (version === 5 && subscriptionIdentifiers.length > 0) {
      this.#appendParts(out, first, version, qos, packetId, subscriptionIdentifiers)
      return
    }
    const variant = this.#variant(version, qos)
    if (!variant.ready && !(variant.sent && this.#layOut(variant, version, qos))) {
      variant.sent = true
      this.#appendParts(out, first, version, qos, packetId, NO_IDENTIFIERS)
      return
    }
    const offset = appendVariant(out, variant)
    const { slab } = out
    slab[offset] = first
    if (qos !== 0) writeTwoByteInteger(slab, offset + variant.packetIdOffset, packetId)
  }

  /** Appends the PUBLISH for an MQTT 5 receiver with a Topic Alias, which it sets or uses. */
  appendAliased(
    out: OutBuffer,
    qos: QoS,
    retain: boolean,
    duplicate: boolean,
    packetId: number,
    subscriptionIdentifiers: readonly number[],
    alias: number,
    aliasing: 'sets' | 'uses',
  ): void {
    const first = (PUBLISH << 4) | (duplicate ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
    const variant = qos === 0 ? this.#aliasedQoS0 : this.#aliased
    const alike = aliasing === 'uses' && subscriptionIdentifiers.length === 0
    if (!alike || (!variant.ready && !(variant.sent && this.#layOut(variant, 5, qos, aliasing)))) {
      if (alike) variant.sent = true
      this.#appendParts(out, first, 5, qos, packetId, subscriptionIdentifiers, alias, aliasing)
      return
    }
    const offset = appendVariant(out, variant)
    const { slab } = out
    slab[offset] = first
    if (qos !== 0) writeTwoByteInteger(slab, offset + variant.packetIdOffset, packetId)
    writeTwoByteInteger(slab, offset + variant.aliasOffset, alias)
  }

  #variant(version: ProtocolVersion, qos: QoS): Variant {
    if (version === 5) return qos === 0 ? this.#version5QoS0 : this.#version5
    return qos === 0 ? this.#version3QoS0 : this.#version3
  }

  #layOut(variant: Variant, version: ProtocolVersion, qos: QoS, aliasing: Aliasing = 'none'): boolean {
    const size = this.#size(version, qos, NO_IDENTIFIERS, aliasing)
    if (size > LAID_OUT_BYTES_MAX) return false
    if (size > variant.room.length) variant.room = Buffer.allocUnsafeSlow(roomFor(size))
    variant.packetIdOffset = this.#write(variant.room, 0, version, qos, NO_IDENTIFIERS, aliasing)
    variant.aliasOffset = this.#aliasOffset(variant.packetIdOffset, qos, NO_IDENTIFIERS)
    variant.bytes = variant.room
    variant.start = 0
    variant.end = size
    variant.ready = true
    return true
  }

  #appendParts(
    out: OutBuffer,
    first: number,
    version: ProtocolVersion,
    qos: QoS,
    packetId: number,
    subscriptionIdentifiers: readonly number[],
    alias = 0,
    aliasing: Aliasing = 'none',
  ): void {
    const offset = out.reserve(this.#size(version, qos, subscriptionIdentifiers, aliasing))
    const { slab } = out
    const packetIdOffset = this.#write(slab, offset, version, qos, subscriptionIdentifiers, aliasing)
    slab[offset] = first
    if (qos !== 0) writeTwoByteInteger(slab, packetIdOffset, packetId)
    if (aliasing !== 'none')
      writeTwoByteInteger(slab, this.#aliasOffset(packetIdOffset, qos, subscriptionIdentifiers), alias)
  }

  /** Writes all of the packet but the first byte, the packet id and the alias; returns the offset that is left for the id. */
  #write(
    target: Buffer,
    start: number,
    version: ProtocolVersion,
    qos: QoS,
    subscriptionIdentifiers: readonly number[],
    aliasing: Aliasing,
  ): number {
    const topic = aliasing === 'uses' ? NOTHING : this.#topic
    const remainingLength = this.#remainingLength(version, qos, subscriptionIdentifiers, aliasing)
    let offset = writeVariableByteInteger(target, start + 1, remainingLength)
    offset = writeTwoByteInteger(target, offset, topic.length)
    offset += topic.copy(target, offset)
    const packetIdOffset = offset
    if (qos !== 0) offset += 2
    if (version === 5) offset = this.#writeProperties(target, offset, subscriptionIdentifiers, aliasing)
    this.#payload.copy(target, offset, this.#payloadStart, this.#payloadEnd)
    return packetIdOffset
  }

  /** Where the alias is: its property is the first. */
  #aliasOffset(packetIdOffset: number, qos: QoS, subscriptionIdentifiers: readonly number[]): number {
    const propertiesSize = this.#propertiesSize(subscriptionIdentifiers, 'uses')
    return packetIdOffset + (qos === 0 ? 0 : 2) + variableByteIntegerSize(propertiesSize) + 1
  }

  #writeProperties(
    target: Buffer,
    start: number,
    subscriptionIdentifiers: readonly number[],
    aliasing: Aliasing,
  ): number {
    let offset = writeVariableByteInteger(target, start, this.#propertiesSize(subscriptionIdentifiers, aliasing))
    if (aliasing !== 'none') {
      target[offset] = Property.TopicAlias
      offset += TOPIC_ALIAS_BYTES
    }
    if (this.#messageExpiryIntervalSeconds >= 0) {
      target[offset] = Property.MessageExpiryInterval
      writeFourByteInteger(target, offset + 1, this.#messageExpiryIntervalSeconds)
      offset += MESSAGE_EXPIRY_BYTES
    }
    for (const identifier of subscriptionIdentifiers) {
      target[offset] = Property.SubscriptionIdentifier
      offset = writeVariableByteInteger(target, offset + 1, identifier)
    }
    if (this.#propertiesEnd === this.#propertiesStart) return offset
    return offset + this.#properties.copy(target, offset, this.#propertiesStart, this.#propertiesEnd)
  }

  #size(version: ProtocolVersion, qos: QoS, subscriptionIdentifiers: readonly number[], aliasing: Aliasing): number {
    const remainingLength = this.#remainingLength(version, qos, subscriptionIdentifiers, aliasing)
    return 1 + variableByteIntegerSize(remainingLength) + remainingLength
  }

  #remainingLength(
    version: ProtocolVersion,
    qos: QoS,
    subscriptionIdentifiers: readonly number[],
    aliasing: Aliasing,
  ): number {
    const topicSize = aliasing === 'uses' ? 0 : this.#topic.length
    const common = 2 + topicSize + (qos === 0 ? 0 : 2) + this.#payloadEnd - this.#payloadStart
    if (version !== 5) return common
    const propertiesSize = this.#propertiesSize(subscriptionIdentifiers, aliasing)
    return common + variableByteIntegerSize(propertiesSize) + propertiesSize
  }

  #propertiesSize(subscriptionIdentifiers: readonly number[], aliasing: Aliasing): number {
    let size = this.#propertiesEnd - this.#propertiesStart
    if (aliasing !== 'none') size += TOPIC_ALIAS_BYTES
    if (this.#messageExpiryIntervalSeconds >= 0) size += MESSAGE_EXPIRY_BYTES
    for (const identifier of subscriptionIdentifiers) size += 1 + variableByteIntegerSize(identifier)
    return size
  }
}

const NO_IDENTIFIERS: readonly number[] = []
