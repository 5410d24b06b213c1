import type { FrameReader } from './frame-reader.ts'
import type { ProtocolVersion } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import { ReasonCode } from './reason-codes.ts'
import { malformed, protocolError } from './violation.ts'

/** Bits of the Connect Flags (v5 3.1.2.3). */
const RESERVED = 0x01
const WILL_FLAG = 0x04
const WILL_QOS = 0x18
const WILL_RETAIN = 0x20
const PASSWORD_FLAG = 0x40
const USER_NAME_FLAG = 0x80

/** A level with this bit is what Mosquitto's bridges try first; no standard knows it. */
const BRIDGE_BIT = 0x80

/**
 * Walks over the variable header and payload of a CONNECT (v5 3.1) and returns its version. What is wrong stands in
 * `frame.violation`, the version of the CONNACK that may answer it included.
 */
export function checkConnect(frame: FrameReader): ProtocolVersion {
  const version = checkProtocol(frame)
  const flags = frame.byte()
  frame.twoByteInteger() // Keep Alive
  checkConnectFlags(frame, flags, version)
  if (version === 5) checkConnectProperties(frame)
  frame.string() // Client Identifier
  if ((flags & WILL_FLAG) !== 0) checkWill(frame, version)
  if ((flags & USER_NAME_FLAG) !== 0) frame.string()
  if ((flags & PASSWORD_FLAG) !== 0) frame.binary()
  frame.expectEnd()
  addAnswer(frame, version)
  return version
}

/** Tells which of two protocols a name is, from the bytes of it. */
function protocolName(frame: FrameReader): string {
  return frame.bytes.toString('latin1', frame.valueStart, frame.valueEnd)
}

function checkProtocol(frame: FrameReader): ProtocolVersion {
  frame.binary()
  const name = protocolName(frame)
  const level = frame.byte()
  if (frame.violation !== undefined) return 4
  if (name === 'MQTT' && (level === 4 || level === 5)) return level
  if (name === 'MQIsdp' && level === 3) return 3
  frame.fail({
    reasonCode: ReasonCode.UnsupportedProtocolVersion,
    why: 'unknown protocol name or level',
    connackVersion: nearestVersion(name, level & ~BRIDGE_BIT),
  })
  return 4
}

/** The version whose CONNACK such a client understands best (v5 [MQTT-3.1.2-2], v3.1.1 [MQTT-3.1.2-2]). */
function nearestVersion(name: string, level: number): ProtocolVersion | undefined {
  if (name === 'MQIsdp') return 3
  if (name !== 'MQTT') return undefined
  return level < 5 ? 4 : 5
}

function checkConnectFlags(frame: FrameReader, flags: number, version: ProtocolVersion): void {
  if ((flags & RESERVED) !== 0) frame.fail(RESERVED_FLAG) // v5 [MQTT-3.1.2-3]
  if ((flags & WILL_QOS) === WILL_QOS) frame.fail(WILL_QOS_3) // v5 [MQTT-3.1.2-12]
  const will = (flags & WILL_FLAG) !== 0
  if (!will && (flags & (WILL_QOS | WILL_RETAIN)) !== 0) frame.fail(WILL_WITHOUT_FLAG) // v5 [MQTT-3.1.2-11], [MQTT-3.1.2-13]
  const passwordOnly = (flags & (PASSWORD_FLAG | USER_NAME_FLAG)) === PASSWORD_FLAG
  if (passwordOnly && version !== 5) frame.fail(PASSWORD_ONLY) // v3.1.1 [MQTT-3.1.2-22]
}

function checkConnectProperties(frame: FrameReader): void {
  const properties = new PropertyReader(frame)
  properties.skip(PropertyOwner.Connect)
  const data = properties.had(Property.AuthenticationData)
  if (data && !properties.had(Property.AuthenticationMethod)) frame.fail(DATA_WITHOUT_METHOD) // v5 3.1.2.11.10
}

function checkWill(frame: FrameReader, version: ProtocolVersion): void {
  if (version === 5) new PropertyReader(frame).skip(PropertyOwner.Will)
  frame.string() // Will Topic
  frame.binary() // Will Payload
}

/** Only MQTT 5 has a CONNACK for a CONNECT that is malformed. */
function addAnswer(frame: FrameReader, version: ProtocolVersion): void {
  const { violation } = frame
  if (violation === undefined || violation.connackVersion !== undefined || version !== 5) return
  frame.violation = { ...violation, connackVersion: 5 }
}

const RESERVED_FLAG = malformed('CONNECT with its reserved flag set')
const WILL_QOS_3 = malformed('CONNECT with will QoS 3')
const WILL_WITHOUT_FLAG = malformed('CONNECT with will QoS or will retain but no will')
const PASSWORD_ONLY = malformed('CONNECT with a password but no user name')
const DATA_WITHOUT_METHOD = protocolError('CONNECT with authentication data but no authentication method')
