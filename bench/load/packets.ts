/** 4 is MQTT 3.1.1, 5 is MQTT 5. */
export type ProtocolVersion = 4 | 5

/** What a CONNECT says. */
export interface ConnectFields {
  readonly protocolVersion: ProtocolVersion
  readonly clientId: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** The session outlives the connection, and what it holds is wanted again. */
  readonly persistent: boolean
  /** MQTT 5: an Authentication Method, whose data the password then is, and by which another may be shown; absent: none. */
  readonly authenticationMethod?: string
}

const KEEP_ALIVE_SECONDS = 600
const SESSION_EXPIRY_INTERVAL = 0x11
const AUTHENTICATION_METHOD = 0x15
const AUTHENTICATION_DATA = 0x16
const REAUTHENTICATE = 0x19
const SESSION_EXPIRY_SECONDS = 3_600

/** A CONNECT with Clean Session, or Clean Start and a session that ends with the connection, unless it is persistent. */
export function encodeConnect(fields: ConnectFields): Buffer {
  const { protocolVersion, clientId, username, authenticationMethod } = fields
  const password = authenticationMethod === undefined ? fields.password : undefined
  const flags =
    (fields.persistent ? 0 : 0x02) | (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40)
  return packet(0x10, [
    text('MQTT'),
    Buffer.of(protocolVersion, flags, KEEP_ALIVE_SECONDS >> 8, KEEP_ALIVE_SECONDS & 0xff),
    ...(protocolVersion === 5 ? [propertyBlock(connectProperties(fields))] : []),
    text(clientId),
    ...(username === undefined ? [] : [text(username)]),
    ...(password === undefined ? [] : [text(password)]),
  ])
}

/** An AUTH of MQTT 5 that shows another token by the method of CONNECT. */
export function encodeReauthentication(method: string, token: string): Buffer {
  return packet(0xf0, [Buffer.of(REAUTHENTICATE), propertyBlock(shown(method, token))])
}

/** A SUBSCRIBE for several filters with one QoS. */
export function encodeSubscribe(
  protocolVersion: ProtocolVersion,
  packetId: number,
  topicFilters: readonly string[],
  qos: number,
): Buffer {
  return packet(0x82, [
    Buffer.of(packetId >> 8, packetId & 0xff),
    noProperties(protocolVersion),
    ...topicFilters.flatMap(filter => [text(filter), Buffer.of(qos)]),
  ])
}

/** What is alike in all PUBLISH packets of a publisher. */
export interface PublishFields {
  readonly protocolVersion: ProtocolVersion
  readonly topicName: string
  readonly qos: number
  readonly retain: boolean
  readonly payloadBytes: number
}

/** A PUBLISH with packet identifier 0 and a payload of zeros, and where both stand in it. */
export interface EncodedPublish {
  readonly bytes: Buffer
  readonly packetIdOffset: number
  readonly payloadOffset: number
}

export function encodePublish({
  protocolVersion,
  topicName,
  qos,
  retain,
  payloadBytes,
}: PublishFields): EncodedPublish {
  const properties = noProperties(protocolVersion)
  const packetId = Buffer.alloc(qos === 0 ? 0 : 2)
  const bytes = packet(0x30 | (qos << 1) | (retain ? 1 : 0), [
    text(topicName),
    packetId,
    properties,
    Buffer.alloc(payloadBytes),
  ])
  const payloadOffset = bytes.length - payloadBytes
  return { bytes, payloadOffset, packetIdOffset: payloadOffset - properties.length - packetId.length }
}

/** A DISCONNECT of an orderly end. */
export const DISCONNECT: Buffer = Buffer.of(0xe0, 0)

function packet(firstByte: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.of(firstByte), variableByteInteger(body.length), body])
}

function propertyBlock(parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([variableByteInteger(body.length), body])
}

function variableByteInteger(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push(rest >= 128 ? (rest % 128) | 0x80 : rest)
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.from(bytes)
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes])
}

function connectProperties({ persistent, authenticationMethod, password = '' }: ConnectFields): readonly Buffer[] {
  const expiry = Buffer.of(SESSION_EXPIRY_INTERVAL, 0, 0, SESSION_EXPIRY_SECONDS >> 8, SESSION_EXPIRY_SECONDS & 0xff)
  return [
    ...(persistent ? [expiry] : []),
    ...(authenticationMethod === undefined ? [] : shown(authenticationMethod, password)),
  ]
}

function shown(method: string, token: string): readonly Buffer[] {
  return [Buffer.of(AUTHENTICATION_METHOD), text(method), Buffer.of(AUTHENTICATION_DATA), text(token)]
}

function noProperties(protocolVersion: ProtocolVersion): Buffer {
  return Buffer.alloc(protocolVersion === 5 ? 1 : 0)
}
