import { byteAt, twoByteIntegerAt, variableByteIntegerSize } from './bytes.ts'
import { FrameReader, PACKET_IDENTIFIER_0 } from './frame-reader.ts'
import type { ProtocolVersion, QoS } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import type { PublishParts } from './publish-parts.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'

const NOTHING: Buffer = Buffer.alloc(0)

// One pair for all connections of the process: reading never calls out, so nobody meets it half-way.
const frame = new FrameReader()
const propertyReader = new PropertyReader(frame)

/**
 * A PUBLISH as it lies in the read buffer. One is filled again for each packet, whatever connection it comes from, so that
 * a message costs no object: whoever keeps a message beyond the callback copies what it needs. Only the text of the Topic Name is
 * not checked: that is done once per name, where names are looked up.
 */
export class IncomingPublish implements PublishParts {
  bytes: Buffer = NOTHING
  packetStart = 0
  packetEnd = 0
  protocolVersion: ProtocolVersion = 4
  qos: QoS = 0
  retain = false
  duplicate = false
  /** 0 for QoS 0. */
  packetId = 0
  /** Empty only with a topic alias. */
  topicStart = 0
  topicEnd = 0
  /** 0: none. */
  topicAlias = 0
  /** -1: none. */
  messageExpiryIntervalSeconds = -1
  propertiesBytes: Buffer = NOTHING
  propertiesStart = 0
  propertiesEnd = 0
  payloadStart = 0
  payloadEnd = 0
  /** Whether a receiver of the same version may be sent these very bytes, but for the first one and the packet id. */
  forwardable = false

  get payloadBytes(): Buffer {
    return this.bytes
  }

  /** Takes the packet whose variable header starts at `bodyStart`; returns what is wrong with it. */
  read(
    bytes: Buffer,
    packetStart: number,
    bodyStart: number,
    packetEnd: number,
    protocolVersion: ProtocolVersion,
  ): ProtocolViolation | undefined {
    this.bytes = bytes
    this.packetStart = packetStart
    this.packetEnd = packetEnd
    this.protocolVersion = protocolVersion
    this.topicAlias = 0
    this.messageExpiryIntervalSeconds = -1
    this.payloadEnd = packetEnd
    return this.#readFlags(byteAt(bytes, packetStart)) ?? this.#readVariableHeader(bytes, bodyStart, packetEnd)
  }

  /** Shortens a Message Expiry Interval that is longer, and gives one to a message that has none. */
  limitExpiry(messageExpirySecondsMax: number): void {
    const expirySeconds = this.messageExpiryIntervalSeconds
    if (expirySeconds >= 0 && expirySeconds <= messageExpirySecondsMax) return
    this.messageExpiryIntervalSeconds = messageExpirySecondsMax
    this.forwardable = false
  }

  /** Lets go of the read buffer. */
  release(): void {
    this.bytes = NOTHING
    this.propertiesBytes = NOTHING
  }

  #readFlags(first: number): ProtocolViolation | undefined {
    this.retain = (first & 0x01) !== 0
    this.duplicate = (first & 0x08) !== 0
    switch (first & 0x06) {
      case 0:
        this.qos = 0
        return this.duplicate ? DUPLICATE_QOS_0 : undefined // v5 [MQTT-3.3.1-2]
      case 2:
        this.qos = 1
        return undefined
      case 4:
        this.qos = 2
        return undefined
      default:
        return QOS_3 // v5 [MQTT-3.3.1-4]
    }
  }

  #readVariableHeader(bytes: Buffer, bodyStart: number, packetEnd: number): ProtocolViolation | undefined {
    let offset = bodyStart + 2
    if (offset > packetEnd) return TOO_SHORT
    this.topicStart = offset
    offset += twoByteIntegerAt(bytes, bodyStart)
    this.topicEnd = offset
    this.packetId = 0
    if (this.qos !== 0) {
      offset += 2
      if (offset > packetEnd) return TOO_SHORT
      this.packetId = twoByteIntegerAt(bytes, offset - 2)
      if (this.packetId === 0) return PACKET_IDENTIFIER_0
    }
    if (offset > packetEnd) return TOO_SHORT
    // A Remaining Length with more bytes than it needs is taken, as Mosquitto does, and not handed on.
    this.forwardable = bodyStart - this.packetStart === 1 + variableByteIntegerSize(packetEnd - bodyStart)
    if (this.protocolVersion === 5) return this.#readProperties(bytes, offset, packetEnd)
    this.#noProperties(bytes, offset)
    return this.topicStart === this.topicEnd ? NO_TOPIC : undefined
  }

  #noProperties(bytes: Buffer, payloadStart: number): void {
    this.propertiesBytes = bytes
    this.propertiesStart = payloadStart
    this.propertiesEnd = payloadStart
    this.payloadStart = payloadStart
  }

  #readProperties(bytes: Buffer, start: number, packetEnd: number): ProtocolViolation | undefined {
    if (start === packetEnd) return TOO_SHORT
    if (byteAt(bytes, start) === 0) this.#noProperties(bytes, start + 1)
    else {
      const violation = this.#walkProperties(bytes, start, packetEnd)
      if (violation !== undefined) return violation
    }
    return this.topicStart === this.topicEnd && this.topicAlias === 0 ? NO_TOPIC : undefined
  }

  #walkProperties(bytes: Buffer, start: number, packetEnd: number): ProtocolViolation | undefined {
    frame.open(bytes, start, packetEnd)
    propertyReader.open(PropertyOwner.Publish)
    this.#noProperties(bytes, frame.offset)
    while (propertyReader.next()) {
      switch (propertyReader.identifier) {
        case Property.TopicAlias:
          this.topicAlias = propertyReader.number
          this.forwardable = false
          break
        case Property.MessageExpiryInterval:
          this.messageExpiryIntervalSeconds = propertyReader.number
          this.forwardable = false // the broker may shorten it
          break
        default:
          this.#keepProperty(bytes, propertyReader.start, propertyReader.end)
      }
    }
    this.payloadStart = frame.offset
    frame.bytes = NOTHING
    return frame.violation
  }

  /** Extends the run of properties that go on; where one was left out in the middle, they move to a buffer of their own. */
  #keepProperty(bytes: Buffer, start: number, end: number): void {
    if (this.propertiesStart === this.propertiesEnd) {
      this.propertiesStart = start
      this.propertiesEnd = end
    } else if (this.propertiesBytes === bytes && start === this.propertiesEnd) {
      this.propertiesEnd = end
    } else {
      if (this.propertiesBytes === bytes) this.#moveProperties(bytes)
      this.propertiesEnd += bytes.copy(this.propertiesBytes, this.propertiesEnd, start, end)
    }
  }

  /** At most two properties are left out, so this happens at most once per packet and all others fit into the rest. */
  #moveProperties(bytes: Buffer): void {
    const { propertiesStart, propertiesEnd } = this
    this.propertiesBytes = Buffer.allocUnsafe(frame.end - propertiesStart)
    this.propertiesStart = 0
    this.propertiesEnd = bytes.copy(this.propertiesBytes, 0, propertiesStart, propertiesEnd)
  }
}

const TOO_SHORT = malformed('PUBLISH is shorter than its fields')
const QOS_3 = malformed('PUBLISH with QoS 3')
const DUPLICATE_QOS_0 = malformed('PUBLISH with DUP at QoS 0')
const NO_TOPIC = protocolError('PUBLISH with neither topic name nor topic alias')
