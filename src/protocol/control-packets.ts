import { parser } from 'mqtt-packet'
import { byteAt } from './bytes.ts'
import { connectPacket } from './connect-packet.ts'
import {
  fieldOf,
  listField,
  numberField,
  optionalBooleanField,
  optionalBytesField,
  optionalNumberField,
  optionalTextField,
  textField,
  zeroToTwoField,
} from './decoded-fields.ts'
import { FrameReader } from './frame-reader.ts'
import { AUTH, CONNECT, DISCONNECT, SUBSCRIBE, UNSUBSCRIBE } from './packet-types.ts'
import type { ControlPacket, ProtocolVersion, SubscriptionRequest } from './packets.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed } from './violation.ts'
import { checkAuth, checkDisconnect, checkSubscribe, checkUnsubscribe } from './well-formed.ts'
import { checkConnect } from './well-formed-connect.ts'

/** Type of a packet that is decoded into an object. */
export type ControlPacketType = typeof CONNECT | typeof SUBSCRIBE | typeof UNSUBSCRIBE | typeof DISCONNECT | typeof AUTH

const UNDECODABLE = malformed('the packet cannot be decoded')

/**
 * Decodes one whole packet in `bytes[packetStart, packetEnd)` whose variable header starts at `bodyStart`. It is walked
 * over first, and only what is well-formed is given to mqtt-packet. The result keeps nothing of `bytes`.
 */
export function decodeControlPacket(
  type: ControlPacketType,
  connectedVersion: ProtocolVersion,
  bytes: Buffer,
  packetStart: number,
  bodyStart: number,
  packetEnd: number,
): ControlPacket | ProtocolViolation {
  const reader = new FrameReader().open(bytes, bodyStart, packetEnd)
  const version = check(type, connectedVersion, reader)
  if (reader.violation !== undefined) return reader.violation
  // Memory of its own, not Node's pool: it may hold a password.
  const frame = Buffer.allocUnsafeSlow(packetEnd - packetStart)
  bytes.copy(frame, 0, packetStart, packetEnd)
  try {
    return packetOf(type, version, frame, bodyStart - packetStart)
  } catch {
    // What was thrown would say no more, and might quote the client.
    return type === CONNECT && version === 5 ? { ...UNDECODABLE, connackVersion: 5 } : UNDECODABLE
  }
}

function check(type: ControlPacketType, version: ProtocolVersion, frame: FrameReader): ProtocolVersion {
  switch (type) {
    case CONNECT:
      return checkConnect(frame)
    case SUBSCRIBE:
      checkSubscribe(frame, version)
      return version
    case UNSUBSCRIBE:
      checkUnsubscribe(frame, version)
      return version
    case DISCONNECT:
      checkDisconnect(frame, version)
      return version
    case AUTH:
      checkAuth(frame)
      return version
  }
}

function packetOf(type: ControlPacketType, version: ProtocolVersion, frame: Buffer, bodyStart: number): ControlPacket {
  const decoded = parse(frame, version)
  const properties = fieldOf(decoded, 'properties')
  switch (type) {
    case CONNECT:
      return connectPacket(decoded, version, frame, bodyStart)
    case SUBSCRIBE:
      return {
        type: 'subscribe',
        packetId: numberField(decoded, 'messageId'),
        subscriptionIdentifier: optionalNumberField(properties, 'subscriptionIdentifier'),
        subscriptions: listField(decoded, 'subscriptions').map(subscriptionRequest),
      }
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
}

/** What mqtt-packet makes of exactly one packet. Throws when it refuses it. */
function parse(frame: Buffer, version: ProtocolVersion): unknown {
  // MQTT 3.1 sets DUP in a SUBSCRIBE or UNSUBSCRIBE that is sent again; mqtt-packet does not know.
  frame[0] = byteAt(frame, 0) & ~DUP
  let packet: unknown
  const mqttParser = parser({ protocolVersion: version })
  mqttParser.on('packet', decoded => {
    packet = decoded
  })
  mqttParser.on('error', (error: unknown) => {
    throw error
  })
  mqttParser.parse(frame)
  return packet
}

const DUP = 0x08

function subscriptionRequest(decoded: unknown): SubscriptionRequest {
  return {
    topicFilter: textField(decoded, 'topic'),
    qos: zeroToTwoField(decoded, 'qos'),
    noLocal: optionalBooleanField(decoded, 'nl') ?? false,
    retainAsPublished: optionalBooleanField(decoded, 'rap') ?? false,
    retainHandling: fieldOf(decoded, 'rh') === undefined ? 0 : zeroToTwoField(decoded, 'rh'),
  }
}

function textOf(decoded: unknown): string {
  return textField({ topicFilter: decoded }, 'topicFilter')
}
