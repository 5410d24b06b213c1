import { packet, properties as propertiesOf, str, u16, u8 } from './wire-bytes.ts'

/** Versions of the protocol that the conformance suite speaks, by the level in CONNECT. */
export type SuiteVersion = 3 | 4 | 5

/** A Will Message as it stands in CONNECT. */
export interface WillFields {
  readonly topicName: string | Buffer
  readonly payload?: string | Buffer
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly properties?: readonly Buffer[]
}

/** What of a CONNECT the suite varies; Clean Start and no Keep Alive unless it says otherwise. */
export interface ConnectFields {
  readonly clientId?: string | Buffer
  readonly cleanStart?: boolean
  readonly keepAliveSeconds?: number
  readonly properties?: readonly Buffer[]
  readonly will?: WillFields
  readonly username?: string | Buffer
  readonly password?: string | Buffer
}

/** What of a PUBLISH the suite varies. */
export interface PublishFields {
  readonly qos?: 0 | 1 | 2
  readonly retain?: boolean
  readonly duplicate?: boolean
  readonly packetId?: number
  readonly properties?: readonly Buffer[]
}

/** A Topic Filter with its Subscription Options byte. */
export type Filter = readonly [topicFilter: string | Buffer, options: number]

/** First bytes of the acknowledgements. */
export const FirstByte = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const

export const PINGREQ: Buffer = packet(0xc0)

/** A CONNECT whose flags fit its fields. */
export function connectBytes(version: SuiteVersion, fields: ConnectFields = {}): Buffer {
  return connectWithFlags(version, connectFlags(fields), fields)
}

/** A CONNECT with flags of the caller's, whatever its fields are. */
export function connectWithFlags(version: SuiteVersion, flags: number, fields: ConnectFields = {}): Buffer {
  const { clientId = '', keepAliveSeconds = 0, will, username, password } = fields
  return packet(
    0x10,
    str(version === 3 ? 'MQIsdp' : 'MQTT'),
    u8(version, flags),
    u16(keepAliveSeconds),
    ...propertiesIn(version, fields.properties),
    str(clientId),
    ...(will === undefined ? [] : willBytes(version, will)),
    ...(username === undefined ? [] : [str(username)]),
    ...(password === undefined ? [] : [str(password)]),
  )
}

/** A PUBLISH. */
export function publishBytes(
  version: SuiteVersion,
  topicName: string | Buffer,
  payload: string | Buffer,
  fields: PublishFields = {},
): Buffer {
  const { qos = 0, retain = false, duplicate = false, packetId } = fields
  return packet(
    0x30 | (duplicate ? 8 : 0) | (qos << 1) | (retain ? 1 : 0),
    str(topicName),
    ...(packetId === undefined ? [] : [u16(packetId)]),
    ...propertiesIn(version, fields.properties),
    Buffer.from(payload),
  )
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP; the Reason Code is left out where it is 0 and in MQTT 3.1.1. */
export function acknowledgementBytes(
  version: SuiteVersion,
  kind: keyof typeof FirstByte,
  packetId: number,
  reasonCode = 0,
): Buffer {
  const reason = version === 5 && reasonCode !== 0 ? [u8(reasonCode)] : []
  return packet(FirstByte[kind], u16(packetId), ...reason)
}

/** A SUBSCRIBE. */
export function subscribeBytes(
  version: SuiteVersion,
  packetId: number,
  filters: readonly Filter[],
  properties: readonly Buffer[] = [],
): Buffer {
  const payload = filters.flatMap(([topicFilter, options]) => [str(topicFilter), u8(options)])
  return packet(0x82, u16(packetId), ...propertiesIn(version, properties), ...payload)
}

/** An UNSUBSCRIBE. */
export function unsubscribeBytes(
  version: SuiteVersion,
  packetId: number,
  topicFilters: readonly (string | Buffer)[],
): Buffer {
  return packet(0xa2, u16(packetId), ...propertiesIn(version, []), ...topicFilters.map(str))
}

/** A DISCONNECT; of MQTT 5 with Reason Code and properties where they are given. */
export function disconnectBytes(
  version: SuiteVersion,
  reasonCode?: number,
  properties: readonly Buffer[] = [],
): Buffer {
  if (version !== 5 || reasonCode === undefined) return packet(0xe0)
  return packet(0xe0, u8(reasonCode), propertiesOf(...properties))
}

function connectFlags({ cleanStart = true, will, username, password }: ConnectFields): number {
  const willFlags = will === undefined ? 0 : 0x04 | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0)
  return (cleanStart ? 0x02 : 0) | willFlags | (password === undefined ? 0 : 0x40) | (username === undefined ? 0 : 0x80)
}

function willBytes(version: SuiteVersion, will: WillFields): readonly Buffer[] {
  return [...propertiesIn(version, will.properties), str(will.topicName), str(will.payload ?? '')]
}

function propertiesIn(version: SuiteVersion, properties: readonly Buffer[] = []): readonly Buffer[] {
  return version === 5 ? [propertiesOf(...properties)] : []
}
