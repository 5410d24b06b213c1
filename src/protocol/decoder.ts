import { byteAt, INCOMPLETE, twoByteIntegerAt, variableByteIntegerAt, variableByteIntegerEnd } from './bytes.ts'
import { decodeControlPacket } from './control-packets.ts'
import type { ControlPacketType } from './control-packets.ts'
import { acknowledgementReasonCode, checkAcknowledgement } from './incoming-acknowledgement.ts'
import { IncomingPublish } from './incoming-publish.ts'
import { AUTH, CONNECT, DISCONNECT, PINGREQ, PUBLISH, SUBSCRIBE, UNSUBSCRIBE } from './packet-types.ts'
import type { AcknowledgementType, ControlPacket, ProtocolVersion } from './packets.ts'
import { PACKET_BYTES_MAX, PUBACK, PUBCOMP, PUBREC, PUBREL } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'
import { UndecodedBytes } from './undecoded-bytes.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'

export type { ProtocolViolation } from './violation.ts'

/** Whoever takes the packets of one connection, in their order. */
export interface PacketReceiver {
  /** `packet` is valid during the call only. Its Topic Name is not checked yet: see `decodeTopicName`. */
  publish(packet: IncomingPublish): void
  acknowledgement(type: AcknowledgementType, packetId: number, reasonCode: number): void
  pingRequest(): void
  control(packet: ControlPacket): void
  /** Called at most once; nothing is decoded afterwards. */
  violation(violation: ProtocolViolation): void
}

/** Bytes that a CONNECT may have, and that may be held behind it, when the owner says nothing else. */
const FIRST_PACKET_BYTES_MAX = 65_536

const CONNECT_FIRST_BYTE = 0x10

/** How the variable header of an MQTT 5 CONNECT begins: its protocol name and level. */
const PROTOCOL_5 = Buffer.from('\x00\x04MQTT\x05')

// One for all decoders of the process. A decoder that is called within another one's callback has its own meanwhile.
let incomingPublish = new IncomingPublish()
let decodersRunning = 0

type Flow = 'running' | 'held' | 'stopped'

/**
 * Cuts the bytes of one connection into packets and reads them where they lie. Bytes of a packet that has not arrived
 * in full are kept, as many as there are, whatever length it claims. When the receiver throws, the decoder has stopped:
 * what it had is dropped and further bytes are ignored.
 */
export class PacketDecoder {
  /** Largest packet that is taken once CONNECT was, all its bytes counted (v5 3.1.2.11.4). May be changed at any time. */
  maximumPacketSizeBytes: number = PACKET_BYTES_MAX
  readonly #receiver: PacketReceiver
  readonly #firstPacketBytesMax: number
  /** Undefined while every read has ended with a packet. */
  #undecoded: UndecodedBytes | undefined = undefined
  #protocolVersion: ProtocolVersion = 4
  #connected = false
  #flow: Flow = 'running'
  #decoding = false
  /** How many undecoded bytes it takes before it is worth looking at them again. */
  #bytesWanted = 0

  constructor(receiver: PacketReceiver, firstPacketBytesMax: number = FIRST_PACKET_BYTES_MAX) {
    this.#receiver = receiver
    this.#firstPacketBytesMax = firstPacketBytesMax
  }

  /** The version that CONNECT named; 4 until then. */
  get protocolVersion(): ProtocolVersion {
    return this.#protocolVersion
  }

  /** Bytes kept: of a packet that is not complete, or behind a {@link hold}. */
  get heldBytes(): number {
    return this.#undecoded?.length ?? 0
  }

  /** Decodes `bytes[start, end)`; nothing of them is referred to afterwards. */
  decode(bytes: Buffer, start: number, end: number): void {
    if (this.#flow === 'running') this.#decodeGuarded(bytes, start, end)
    else if (this.#flow === 'held') this.#keepHeld(bytes, start, end)
  }

  /**
   * Decodes nothing more until {@link release}, not even from the bytes at hand. At most as many bytes as a CONNECT may
   * have are kept meanwhile; more are a violation (0x97 Quota exceeded).
   */
  hold(): void {
    if (this.#flow !== 'running') return
    this.#flow = 'held'
    this.#bytesWanted = 0
  }

  /** Decodes what was held and goes on. Within a callback, what is at hand follows when the callback has returned. */
  release(): void {
    if (this.#flow !== 'held') return
    this.#flow = 'running'
    if (!this.#decoding && this.heldBytes > 0) this.#decodeGuarded(EMPTY, 0, 0)
  }

  /** Decodes nothing more, ever, and drops what is kept. */
  stop(): void {
    this.#flow = 'stopped'
    this.#undecoded = undefined
  }

  /** The flow as it is now: callbacks change it, which the compiler does not see. */
  #flowNow(): Flow {
    return this.#flow
  }

  #decodeGuarded(bytes: Buffer, start: number, end: number): void {
    const outerPublish = incomingPublish
    if (decodersRunning > 0) incomingPublish = new IncomingPublish()
    decodersRunning++
    this.#decoding = true
    try {
      this.#decodeAll(bytes, start, end)
    } catch (error) {
      this.stop()
      throw error
    } finally {
      this.#decoding = false
      decodersRunning--
      incomingPublish.release()
      incomingPublish = outerPublish
    }
  }

  #decodeAll(bytes: Buffer, start: number, end: number): void {
    let offset = start
    if (this.#undecoded !== undefined) offset = this.#decodeUndecoded(this.#undecoded, bytes, start, end)
    if (this.#flowNow() === 'running' && offset < end) offset = this.#decodePackets(bytes, offset, end)
    if (offset === end) return
    if (this.#flowNow() === 'running') (this.#undecoded ??= new UndecodedBytes()).append(bytes, offset, end)
    else if (this.#flowNow() === 'held') this.#keepHeld(bytes, offset, end)
  }

  /** Decodes what was kept, completed by as little of `bytes` as that takes; returns the offset behind the part used. */
  #decodeUndecoded(undecoded: UndecodedBytes, bytes: Buffer, start: number, end: number): number {
    let offset = start
    while (this.#flowNow() === 'running' && undecoded.length > 0) {
      const missing = Math.max(0, this.#bytesWanted - undecoded.length)
      const taken = Math.min(missing, end - offset)
      undecoded.append(bytes, offset, offset + taken)
      offset += taken
      if (taken < missing) break
      undecoded.consume(this.#decodePackets(undecoded.bytes, 0, undecoded.length))
    }
    return offset
  }

  /** Decodes the whole packets in `bytes[start, end)`; returns the offset behind the last one. */
  #decodePackets(bytes: Buffer, start: number, end: number): number {
    let offset = start
    while (offset < end && this.#flow === 'running') {
      const first = byteAt(bytes, offset)
      if (!this.#connected && first !== CONNECT_FIRST_BYTE) {
        this.#violate(NOT_CONNECT)
        break
      }
      let bodyStart = offset + 2
      let bodySize = byteAt(bytes, offset + 1)
      if (bodySize >= 0x80 || bodyStart > end) {
        bodyStart = variableByteIntegerEnd(bytes, offset + 1, end)
        if (bodyStart < 0) {
          if (bodyStart === INCOMPLETE) this.#bytesWanted = end - offset + 1
          else this.#violate(REMAINING_LENGTH)
          break
        }
        bodySize = variableByteIntegerAt(bytes, offset + 1, bodyStart)
      }
      const packetEnd = bodyStart + bodySize
      const packetSize = packetEnd - offset
      if (packetSize > (this.#connected ? this.maximumPacketSizeBytes : this.#firstPacketBytesMax)) {
        this.#refuseTooLarge(bytes, offset, bodyStart, end)
        break
      }
      if (packetEnd > end) {
        this.#bytesWanted = packetSize
        break
      }
      this.#decodePacket(bytes, first, offset, bodyStart, packetEnd)
      offset = packetEnd
    }
    return offset
  }

  /** A CONNECT is refused once it has told its version, so that MQTT 5 gets its answer however the bytes were cut. */
  #refuseTooLarge(bytes: Buffer, packetStart: number, bodyStart: number, end: number): void {
    const protocolEnd = bodyStart + PROTOCOL_5.length
    if (this.#connected) this.#violate(TOO_LARGE)
    else if (end < protocolEnd) this.#bytesWanted = protocolEnd - packetStart
    else if (PROTOCOL_5.equals(bytes.subarray(bodyStart, protocolEnd)))
      this.#violate({ ...TOO_LARGE, connackVersion: 5 })
    else this.#violate(TOO_LARGE)
  }

  #decodePacket(bytes: Buffer, first: number, packetStart: number, bodyStart: number, packetEnd: number): void {
    const type = first >> 4
    switch (type) {
      case PUBLISH:
        return this.#decodePublish(bytes, packetStart, bodyStart, packetEnd)
      case PUBACK:
      case PUBREC:
      case PUBREL:
      case PUBCOMP:
        return this.#decodeAcknowledgement(type, first & 0x0f, bytes, bodyStart, packetEnd)
      case PINGREQ:
        return this.#decodePingRequest(first, packetEnd - bodyStart)
      case CONNECT:
      case SUBSCRIBE:
      case UNSUBSCRIBE:
      case DISCONNECT:
      case AUTH:
        return this.#decodeControl(type, first & 0x0f, bytes, packetStart, bodyStart, packetEnd)
      default:
        return this.#violate(type === 0 ? RESERVED_TYPE : SERVER_PACKET)
    }
  }

  #decodePublish(bytes: Buffer, packetStart: number, bodyStart: number, packetEnd: number): void {
    const packet = incomingPublish
    const violation = packet.read(bytes, packetStart, bodyStart, packetEnd, this.#protocolVersion)
    if (violation === undefined) this.#receiver.publish(packet)
    else this.#violate(violation)
  }

  #decodeAcknowledgement(type: AcknowledgementType, flags: number, bytes: Buffer, start: number, end: number): void {
    if (flags !== (type === PUBREL ? 2 : 0) && !this.#repeatedInVersion3(type, flags)) return this.#violate(FLAGS)
    const violation = checkAcknowledgement(type, this.#protocolVersion, bytes, start, end)
    if (violation !== undefined) return this.#violate(violation)
    this.#receiver.acknowledgement(type, twoByteIntegerAt(bytes, start), acknowledgementReasonCode(bytes, start, end))
  }

  #decodePingRequest(first: number, bodySize: number): void {
    if (first !== PINGREQ << 4) return this.#violate(FLAGS)
    if (bodySize !== 0) return this.#violate(PINGREQ_BODY)
    this.#receiver.pingRequest()
  }

  #decodeControl(
    type: ControlPacketType,
    flags: number,
    bytes: Buffer,
    packetStart: number,
    bodyStart: number,
    packetEnd: number,
  ): void {
    const expected = type === SUBSCRIBE || type === UNSUBSCRIBE ? 2 : 0
    if (flags !== expected && !this.#repeatedInVersion3(type, flags)) return this.#violate(FLAGS)
    if (type === CONNECT && this.#connected) return this.#violate(SECOND_CONNECT)
    if (type === AUTH && this.#protocolVersion !== 5) return this.#violate(RESERVED_TYPE)
    const packet = decodeControlPacket(type, this.#protocolVersion, bytes, packetStart, bodyStart, packetEnd)
    if ('why' in packet) return this.#violate(packet)
    if (packet.type === 'connect') {
      this.#connected = true
      this.#protocolVersion = packet.protocolVersion
    }
    this.#receiver.control(packet)
  }

  /** MQTT 3.1 sets DUP also in a PUBREL, SUBSCRIBE or UNSUBSCRIBE that is sent again (v3.1 2.1). */
  #repeatedInVersion3(type: number, flags: number): boolean {
    const mayRepeat = type === PUBREL || type === SUBSCRIBE || type === UNSUBSCRIBE
    return this.#protocolVersion === 3 && mayRepeat && flags === 0x0a
  }

  #keepHeld(bytes: Buffer, start: number, end: number): void {
    if (this.heldBytes + end - start > this.#firstPacketBytesMax) this.#violate(TOO_MUCH_HELD)
    else (this.#undecoded ??= new UndecodedBytes()).append(bytes, start, end)
  }

  #violate(violation: ProtocolViolation): void {
    this.stop()
    this.#receiver.violation(violation)
  }
}

const EMPTY: Buffer = Buffer.alloc(0)
const NOT_CONNECT = protocolError('the first packet is not CONNECT') // v5 [MQTT-3.1.0-1]
const SECOND_CONNECT = protocolError('a second CONNECT') // v5 [MQTT-3.1.0-2]
const REMAINING_LENGTH = malformed('the remaining length has more than four bytes')
const RESERVED_TYPE = malformed('a reserved packet type')
const SERVER_PACKET = protocolError('a packet that only a server may send')
const FLAGS = malformed('reserved flags of the fixed header are set') // v5 [MQTT-2.1.3-1]
const PINGREQ_BODY = malformed('PINGREQ with a body')
const TOO_LARGE: ProtocolViolation = {
  reasonCode: ReasonCode.PacketTooLarge,
  why: 'the packet is larger than the maximum packet size',
  connackVersion: undefined,
}
const TOO_MUCH_HELD: ProtocolViolation = {
  reasonCode: ReasonCode.QuotaExceeded,
  why: 'too much was sent before CONNACK',
  connackVersion: undefined,
}
