import type { FrameReader } from './frame-reader.ts'
import type { ConnectPacket, ProtocolVersion, QoS, UserProperty, Will } from './packets.ts'
import { Property, PropertyOwner, PropertyReader } from './properties.ts'
import { ReasonCode } from './reason-codes.ts'
import { malformed, protocolError } from './violation.ts'

/** Bits of the Connect Flags (v5 3.1.2.3). */
const RESERVED = 0x01
const CLEAN_START = 0x02
const WILL_FLAG = 0x04
const WILL_QOS = 0x18
const WILL_RETAIN = 0x20
const PASSWORD_FLAG = 0x40
const USER_NAME_FLAG = 0x80

/** A level with this bit is what Mosquitto's bridges try first; no standard knows it. */
const BRIDGE_BIT = 0x80
const RECEIVE_MAXIMUM_DEFAULT = 65_535
const NO_BYTES: Buffer = Buffer.alloc(0)
const NO_USER_PROPERTIES: readonly UserProperty[] = []

/**
 * Reads the variable header and payload of a CONNECT (v5 3.1). What is wrong stands in `frame.violation`, the version of
 * the CONNACK that may answer it included, and the packet is to be ignored then. It keeps nothing of the frame's bytes,
 * which hold the password: what it needs is copied.
 */
export function readConnect(frame: FrameReader): ConnectPacket {
  const version = readProtocol(frame)
  const flags = frame.byte()
  const keepAliveSeconds = frame.twoByteInteger()
  checkConnectFlags(frame, flags, version)
  const properties = new ConnectProperties()
  if (version === 5) properties.read(frame)
  frame.string()
  const clientId = textOf(frame)
  const will = (flags & WILL_FLAG) === 0 ? undefined : readWill(frame, flags, version)
  const username = (flags & USER_NAME_FLAG) === 0 ? undefined : readText(frame)
  const password = (flags & PASSWORD_FLAG) === 0 ? undefined : readBytes(frame)
  frame.expectEnd()
  addAnswer(frame, version)
  return {
    type: 'connect',
    protocolVersion: version,
    clientId,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAliveSeconds,
    username,
    password,
    will,
    sessionExpiryIntervalSeconds: properties.sessionExpiryIntervalSeconds,
    receiveMaximum: properties.receiveMaximum,
    maximumPacketSizeBytes: properties.maximumPacketSizeBytes,
    topicAliasMaximum: properties.topicAliasMaximum,
    requestResponseInformation: properties.requestResponseInformation,
    requestProblemInformation: properties.requestProblemInformation,
    authenticationMethod: properties.authenticationMethod,
    authenticationData: properties.authenticationData,
    userProperties: properties.userProperties,
  }
}

/** The properties of CONNECT (v5 3.1.2.11), with their defaults. */
class ConnectProperties {
  sessionExpiryIntervalSeconds: number | undefined = undefined
  receiveMaximum = RECEIVE_MAXIMUM_DEFAULT
  maximumPacketSizeBytes: number | undefined = undefined
  topicAliasMaximum = 0
  requestResponseInformation = false
  requestProblemInformation = true
  authenticationMethod: string | undefined = undefined
  authenticationData: Buffer | undefined = undefined
  #userProperties: UserProperty[] | undefined = undefined

  get userProperties(): readonly UserProperty[] {
    return this.#userProperties ?? NO_USER_PROPERTIES
  }

  read(frame: FrameReader): void {
    const properties = new PropertyReader(frame)
    properties.open(PropertyOwner.Connect)
    while (properties.next()) this.#take(properties)
    if (this.authenticationData !== undefined && this.authenticationMethod === undefined) {
      frame.fail(DATA_WITHOUT_METHOD) // v5 3.1.2.11.10
    }
  }

  #take(properties: PropertyReader): void {
    const { frame, identifier, number } = properties
    switch (identifier) {
      case Property.SessionExpiryInterval:
        this.sessionExpiryIntervalSeconds = number
        return
      case Property.ReceiveMaximum:
        this.receiveMaximum = number
        return
      case Property.MaximumPacketSize:
        this.maximumPacketSizeBytes = number
        return
      case Property.TopicAliasMaximum:
        this.topicAliasMaximum = number
        return
      case Property.RequestResponseInformation:
        this.requestResponseInformation = number === 1
        return
      case Property.RequestProblemInformation:
        this.requestProblemInformation = number === 1
        return
      case Property.AuthenticationMethod:
        this.authenticationMethod = textOf(frame)
        return
      case Property.AuthenticationData:
        this.authenticationData = bytesOf(frame)
        return
      case Property.UserProperty:
        this.#userProperties ??= []
        this.#userProperties.push(userProperty(properties))
    }
  }
}

function readProtocol(frame: FrameReader): ProtocolVersion {
  frame.binary()
  const name = frame.bytes.toString('latin1', frame.valueStart, frame.valueEnd)
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

function readWill(frame: FrameReader, flags: number, version: ProtocolVersion): Will {
  let delayIntervalSeconds = 0
  let messageExpiryIntervalSeconds: number | undefined
  const forwardable: Buffer[] = []
  if (version === 5) {
    const properties = new PropertyReader(frame)
    properties.open(PropertyOwner.Will)
    while (properties.next()) {
      if (properties.identifier === Property.WillDelayInterval) delayIntervalSeconds = properties.number
      else if (properties.identifier === Property.MessageExpiryInterval)
        messageExpiryIntervalSeconds = properties.number
      else forwardable.push(frame.bytes.subarray(properties.start, properties.end))
    }
  }
  const topicName = readText(frame)
  const payload = readBytes(frame)
  return {
    topicName,
    payload,
    qos: qosOf((flags & WILL_QOS) >> 3),
    retain: (flags & WILL_RETAIN) !== 0,
    delayIntervalSeconds,
    messageExpiryIntervalSeconds,
    properties: forwardable.length === 0 ? NO_BYTES : Buffer.concat(forwardable),
  }
}

/** 3 is a violation already. */
function qosOf(bits: number): QoS {
  return bits === 1 || bits === 2 ? bits : 0
}

function userProperty({ frame, nameStart, nameEnd }: PropertyReader): UserProperty {
  return { name: frame.bytes.toString('utf8', nameStart, nameEnd), value: textOf(frame) }
}

function readText(frame: FrameReader): string {
  frame.string()
  return textOf(frame)
}

function readBytes(frame: FrameReader): Buffer {
  frame.binary()
  return bytesOf(frame)
}

/** The string that was just read. */
function textOf(frame: FrameReader): string {
  return frame.bytes.toString('utf8', frame.valueStart, frame.valueEnd)
}

/** The binary value that was just read, in memory of its own and not in Node's pool: it may be a password. */
function bytesOf({ bytes, valueStart, valueEnd }: FrameReader): Buffer {
  const copy = Buffer.allocUnsafeSlow(valueEnd - valueStart)
  bytes.copy(copy, 0, valueStart, valueEnd)
  return copy
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
