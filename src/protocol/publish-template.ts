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

/** Larger packets are put together in the receiver's buffer at once: laying them out first would copy them twice. */
const LAID_OUT_BYTES_MAX = 64 * 1024

const MESSAGE_EXPIRY_BYTES = 5
const NOTHING: Buffer = Buffer.alloc(0)

/** The packet as all receivers of one version, with or without packet id, get it, but for the first byte and that id. */
class Variant {
  /** Whether the fields below are those of the message at hand. */
  ready = false
  bytes: Buffer = NOTHING
  start = 0
  end = 0
  packetIdOffset = 0
  /** Whether a receiver has got it; from the second one on, they are served from `packet`, which is `bytes[start, end)`. */
  sent = false
  packet: Buffer | undefined = undefined
  /** Room of the template's own to lay packets out in; kept from message to message. */
  room: Buffer = NOTHING
}

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
  }

  /** Bytes of the payload. */
  get payloadSize(): number {
    return this.#payloadEnd - this.#payloadStart
  }

  /** Bytes of the packet that `append` would append, to be held against a receiver's Maximum Packet Size. */
  size(version: ProtocolVersion, qos: QoS, subscriptionIdentifiers: readonly number[]): number {
    const remainingLength = this.#remainingLength(version, qos, subscriptionIdentifiers)
    return 1 + variableByteIntegerSize(remainingLength) + remainingLength
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

  #variant(version: ProtocolVersion, qos: QoS): Variant {
    if (version === 5) return qos === 0 ? this.#version5QoS0 : this.#version5
    return qos === 0 ? this.#version3QoS0 : this.#version3
  }

  #layOut(variant: Variant, version: ProtocolVersion, qos: QoS): boolean {
    const size = this.size(version, qos, NO_IDENTIFIERS)
    if (size > LAID_OUT_BYTES_MAX) return false
    if (size > variant.room.length) variant.room = Buffer.allocUnsafeSlow(roomFor(size))
    variant.packetIdOffset = this.#write(variant.room, 0, version, qos, NO_IDENTIFIERS)
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
  ): void {
    const offset = out.reserve(this.size(version, qos, subscriptionIdentifiers))
    const { slab } = out
    const packetIdOffset = this.#write(slab, offset, version, qos, subscriptionIdentifiers)
    slab[offset] = first
    if (qos !== 0) writeTwoByteInteger(slab, packetIdOffset, packetId)
  }

  /** Writes all of the packet but the first byte and the packet id; returns the offset that is left for the latter. */
  #write(
    target: Buffer,
    start: number,
    version: ProtocolVersion,
    qos: QoS,
    subscriptionIdentifiers: readonly number[],
  ): number {
    const topic = this.#topic
    let offset = writeVariableByteInteger(
      target,
      start + 1,
      this.#remainingLength(version, qos, subscriptionIdentifiers),
    )
    offset = writeTwoByteInteger(target, offset, topic.length)
    offset += topic.copy(target, offset)
    const packetIdOffset = offset
    if (qos !== 0) offset += 2
    if (version === 5) offset = this.#writeProperties(target, offset, subscriptionIdentifiers)
    this.#payload.copy(target, offset, this.#payloadStart, this.#payloadEnd)
    return packetIdOffset
  }

  #writeProperties(target: Buffer, start: number, subscriptionIdentifiers: readonly number[]): number {
    let offset = writeVariableByteInteger(target, start, this.#propertiesSize(subscriptionIdentifiers))
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

  #remainingLength(version: ProtocolVersion, qos: QoS, subscriptionIdentifiers: readonly number[]): number {
    const common = 2 + this.#topic.length + (qos === 0 ? 0 : 2) + this.#payloadEnd - this.#payloadStart
    if (version !== 5) return common
    const propertiesSize = this.#propertiesSize(subscriptionIdentifiers)
    return common + variableByteIntegerSize(propertiesSize) + propertiesSize
  }

  #propertiesSize(subscriptionIdentifiers: readonly number[]): number {
    let size = this.#propertiesEnd - this.#propertiesStart
    if (this.#messageExpiryIntervalSeconds >= 0) size += MESSAGE_EXPIRY_BYTES
    for (const identifier of subscriptionIdentifiers) size += 1 + variableByteIntegerSize(identifier)
    return size
  }
}

const NO_IDENTIFIERS: readonly number[] = []

function forget(variant: Variant): void {
  variant.ready = false
  variant.sent = false
  variant.packet = undefined
}

/** Doubles, so that messages that grow slowly do not each take new room. */
function roomFor(size: number): number {
  let room = 256
  while (room < size) room *= 2
  return room
}

/**
 * Appends the bytes of the variant and returns their offset in the slab. Of 30 to 200 bytes `Buffer.copy` costs 32 ns,
 * `TypedArray.set` 12 ns from a view made before and 31 ns with the making, and a loop 1 ns per byte (Node 24): so the
 * first receiver is served by `copy`, and the view is made for the second.
 */
function appendVariant(out: OutBuffer, variant: Variant): number {
  const size = variant.end - variant.start
  const offset = out.reserve(size)
  if (variant.sent) {
    variant.packet ??= variant.bytes.subarray(variant.start, variant.end)
    out.slab.set(variant.packet, offset)
  } else {
    variant.sent = true
    variant.bytes.copy(out.slab, offset, variant.start, variant.end)
  }
  return offset
}
