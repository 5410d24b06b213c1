import { parser } from 'mqtt-packet'
import { byteAt } from './bytes.ts'
import { readConnect } from './connect-packet.ts'
import {
  fieldOf,
  listField,
  numberField,
  optionalBytesField,
  optionalNumberField,
  optionalTextField,
  textField,
} from './decoded-fields.ts'
import { FrameReader } from './frame-reader.ts'
import { AUTH, CONNECT, DISCONNECT, SUBSCRIBE, UNSUBSCRIBE } from './packet-types.ts'
import type { AuthPacket, ControlPacket, DisconnectPacket, ProtocolVersion, UnsubscribePacket } from './packets.ts'
import { ReasonCode } from './reason-codes.ts'
import { readSubscribe } from './subscribe-packet.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed } from './violation.ts'
import { checkAuth, checkDisconnect, checkUnsubscribe } from './well-formed.ts'

/** Type of a packet that is decoded into an object. */
export type ControlPacketType = typeof CONNECT | typeof SUBSCRIBE | RarePacketType

/** Decoded by mqtt-packet: CONNECT and SUBSCRIBE come in storms, and are read by our own code at a third of the cost. */
type RarePacketType = typeof UNSUBSCRIBE | typeof DISCONNECT | typeof AUTH

const UNDECODABLE = malformed('the packet cannot be decoded')

/** DISCONNECT as almost every client sends it, which ends as many connections as a storm begins. */
const GOODBYE: DisconnectPacket = {
  type: 'disconnect',
  reasonCode: ReasonCode.NormalDisconnection,
  sessionExpiryIntervalSeconds: undefined,
}

/**
 * Decodes one whole packet in `bytes[packetStart, packetEnd)` whose variable header starts at `bodyStart`. Only what is
 * well-formed is given to mqtt-packet. The result keeps nothing of `bytes`.
 */
export function decodeControlPacket(
  type: ControlPacketType,
  version: ProtocolVersion,
  bytes: Buffer,
  packetStart: number,
  bodyStart: number,
  packetEnd: number,
): ControlPacket | ProtocolViolation {
  const frame = new FrameReader().open(bytes, bodyStart, packetEnd)
  if (type === CONNECT) {
    const packet = readConnect(frame)
    return frame.violation ?? packet
  }
  if (type === SUBSCRIBE) {
    const packet = readSubscribe(frame, version)
    return frame.violation ?? packet
  }
  check(type, version, frame)
  if (frame.violation === undefined && type === DISCONNECT && bodyStart === packetEnd) return GOODBYE
  return frame.violation ?? decodeRare(type, version, Buffer.from(bytes.subarray(packetStart, packetEnd)))
}

function check(type: RarePacketType, version: ProtocolVersion, frame: FrameReader): void {
  switch (type) {
    case UNSUBSCRIBE:
      return checkUnsubscribe(frame, version)
    case DISCONNECT:
      return checkDisconnect(frame, version)
    case AUTH:
      return checkAuth(frame)
  }
}

function decodeRare(
  type: RarePacketType,
  version: ProtocolVersion,
  packet: Buffer,
): UnsubscribePacket | DisconnectPacket | AuthPacket | ProtocolViolation {
  try {
    const decoded = parse(packet, version)
    const properties = fieldOf(decoded, 'properties')
    switch (type) {
      case UNSUBSCRIBE:
        return {
          type: 'unsubscribe',
          packetId: numberField(decoded, 'messageId'),
          topicFilters: listField(decoded, 'unsubscriptions').map(textOf),
        }
      case DISCONNECT:
        return {
          type: 'disconnect',
          reasonCode: optionalNumberField(decoded, 'reasonCode') ?? 0,
          sessionExpiryIntervalSeconds: optionalNumberField(properties, 'sessionExpiryInterval'),
        }
      case AUTH:
        return {
          type: 'auth',
          reasonCode: numberField(decoded, 'reasonCode'),
          authenticationMethod: optionalTextField(properties, 'authenticationMethod'),
          authenticationData: optionalBytesField(properties, 'authenticationData'),
        }
    }
  } catch {
    // What was thrown would say no more, and might quote the client.
    return UNDECODABLE
  }
}

/** What mqtt-packet makes of exactly one packet. Throws when it refuses it. */
function parse(packet: Buffer, version: ProtocolVersion): unknown {
  // MQTT 3.1 sets DUP in an UNSUBSCRIBE that is sent again; mqtt-packet does not know.
  packet[0] = byteAt(packet, 0) & ~DUP
  let decoded: unknown
  const mqttParser = parser({ protocolVersion: version })
  mqttParser.on('packet', found => {
    decoded = found
  })
  mqttParser.on('error', (error: unknown) => {
    throw error
  })
  mqttParser.parse(packet)
  return decoded
}

const DUP = 0x08

function textOf(decoded: unknown): string {
  return textField({ topicFilter: decoded }, 'topicFilter')
}
