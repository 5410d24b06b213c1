import type { FrameReader } from './frame-reader.ts'
import { byteAt } from './bytes.ts'
import { ReasonCode } from './reason-codes.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'

/** Identifiers of the properties (v5 2.2.2.2). */
export const Property = {
  PayloadFormatIndicator: 0x01,
  MessageExpiryInterval: 0x02,
  ContentType: 0x03,
  ResponseTopic: 0x08,
  CorrelationData: 0x09,
  SubscriptionIdentifier: 0x0b,
  SessionExpiryInterval: 0x11,
  AssignedClientIdentifier: 0x12,
  ServerKeepAlive: 0x13,
  AuthenticationMethod: 0x15,
  AuthenticationData: 0x16,
  RequestProblemInformation: 0x17,
  WillDelayInterval: 0x18,
  RequestResponseInformation: 0x19,
  ResponseInformation: 0x1a,
  ServerReference: 0x1c,
  ReasonString: 0x1f,
  ReceiveMaximum: 0x21,
  TopicAliasMaximum: 0x22,
  TopicAlias: 0x23,
  MaximumQoS: 0x24,
  RetainAvailable: 0x25,
  UserProperty: 0x26,
  MaximumPacketSize: 0x27,
  WildcardSubscriptionAvailable: 0x28,
  SubscriptionIdentifiersAvailable: 0x29,
  SharedSubscriptionAvailable: 0x2a,
} as const

/** What properties belong to: a packet, or the Will Message within CONNECT. Each is one bit. */
export const PropertyOwner = {
  Connect: 1,
  Will: 2,
  Publish: 4,
  Acknowledgement: 8,
  Subscribe: 16,
  Unsubscribe: 32,
  Disconnect: 64,
  Auth: 128,
} as const

/** One of the bits of {@link PropertyOwner}. */
export type PropertyOwner = (typeof PropertyOwner)[keyof typeof PropertyOwner]

/** User Properties that one packet may have: their number costs more than their bytes do (CVE-2021-41039). */
export const USER_PROPERTIES_MAX = 1000

type PropertyKind = 'byte' | 'two bytes' | 'four bytes' | 'variable' | 'string' | 'binary' | 'pair' | 'topic'

interface PropertyRow {
  readonly kind: PropertyKind
  /** Bits of the packets that may have it. */
  readonly owners: number
  /** Bits of the packets that may have it when they come from the server only. */
  readonly fromServer: number
  /** Bounds of a number. */
  readonly minimum: number
  readonly maximum: number
  readonly outOfRange: ProtocolViolation
}

const OUT_OF_RANGE = protocolError('a property has a value that is not allowed')
const TOPIC_ALIAS_0: ProtocolViolation = {
  reasonCode: ReasonCode.TopicAliasInvalid,
  why: 'topic alias is 0',
  connackVersion: undefined,
}

const { Connect, Will, Publish, Acknowledgement, Subscribe, Disconnect, Auth } = PropertyOwner
const EVERY_OWNER = 255
const NO_LIMIT = 0xffff_ffff

const rows: (PropertyRow | undefined)[] = []
const none = { fromServer: 0, minimum: 0, maximum: NO_LIMIT, outOfRange: OUT_OF_RANGE }
rows[Property.PayloadFormatIndicator] = { ...none, kind: 'byte', owners: Publish | Will, maximum: 1 }
rows[Property.MessageExpiryInterval] = { ...none, kind: 'four bytes', owners: Publish | Will }
rows[Property.ContentType] = { ...none, kind: 'string', owners: Publish | Will }
rows[Property.ResponseTopic] = { ...none, kind: 'topic', owners: Publish | Will }
rows[Property.CorrelationData] = { ...none, kind: 'binary', owners: Publish | Will }
rows[Property.SubscriptionIdentifier] = {
  ...none,
  kind: 'variable',
  owners: Subscribe,
  fromServer: Publish,
  minimum: 1,
}
rows[Property.SessionExpiryInterval] = { ...none, kind: 'four bytes', owners: Connect | Disconnect }
rows[Property.AuthenticationMethod] = { ...none, kind: 'string', owners: Connect | Auth }
rows[Property.AuthenticationData] = { ...none, kind: 'binary', owners: Connect | Auth }
rows[Property.RequestProblemInformation] = { ...none, kind: 'byte', owners: Connect, maximum: 1 }
rows[Property.WillDelayInterval] = { ...none, kind: 'four bytes', owners: Will }
rows[Property.RequestResponseInformation] = { ...none, kind: 'byte', owners: Connect, maximum: 1 }
rows[Property.ServerReference] = { ...none, kind: 'string', owners: 0, fromServer: Disconnect }
rows[Property.ReasonString] = { ...none, kind: 'string', owners: Acknowledgement | Disconnect | Auth }
rows[Property.ReceiveMaximum] = { ...none, kind: 'two bytes', owners: Connect, minimum: 1 }
rows[Property.TopicAliasMaximum] = { ...none, kind: 'two bytes', owners: Connect }
rows[Property.TopicAlias] = { ...none, kind: 'two bytes', owners: Publish, minimum: 1, outOfRange: TOPIC_ALIAS_0 }
rows[Property.UserProperty] = { ...none, kind: 'pair', owners: EVERY_OWNER }
rows[Property.MaximumPacketSize] = { ...none, kind: 'four bytes', owners: Connect, minimum: 1 }

/**
 * Walks over the properties of one packet and checks each: allowed there, not repeated, well-formed, in its range.
 * After `open`, `next` steps to the next property until it returns false; `frame.violation` then says whether
 * something was wrong. If not, the frame stands behind the properties.
 */
export class PropertyReader {
  readonly frame: FrameReader
  /** Identifier of the property that `next` has stepped to, and the place of all of it. */
  identifier = 0
  start = 0
  end = 0
  /** Its value when it is a number; strings and binary values: see `frame.valueStart`, `frame.valueEnd`. */
  number = 0
  /** The name of a User Property; its value is the frame's. */
  nameStart = 0
  nameEnd = 0
  #owner: PropertyOwner = Publish
  #frameEnd = 0
  /** Bits of the properties seen, for identifiers below 32 and from 32 on. */
  #seenLow = 0
  #seenHigh = 0
  #userProperties = 0

  constructor(frame: FrameReader) {
    this.frame = frame
  }

  /** Reads the Property Length at the frame's offset. */
  open(owner: PropertyOwner): void {
    const { frame } = this
    this.#owner = owner
    this.#seenLow = 0
    this.#seenHigh = 0
    this.#userProperties = 0
    this.#frameEnd = frame.end
    const size = frame.variableByteInteger()
    if (size > frame.end - frame.offset) frame.fail(PROPERTIES_BEYOND_END)
    // No property reaches beyond the Property Length: the frame ends there until the last one is read.
    else frame.end = frame.offset + size
  }

  next(): boolean {
    const { frame } = this
    if (!frame.more) {
      frame.end = this.#frameEnd
      return false
    }
    this.start = frame.offset
    this.identifier = frame.byte()
    const row = rows[this.identifier]
    if (row === undefined) frame.fail(UNKNOWN_PROPERTY)
    else if ((row.owners & this.#owner) === 0) frame.fail(this.#misplaced(row))
    else if (this.#repeated()) frame.fail(REPEATED_PROPERTY)
    else this.#readValue(row)
    this.end = frame.offset
    return frame.violation === undefined
  }

  /** Whether the property was there, once `next` has returned false. */
  had(identifier: number): boolean {
    return ((identifier < 32 ? this.#seenLow : this.#seenHigh) & (1 << (identifier & 31))) !== 0
  }

  /** Walks over all of them, where only their correctness matters. */
  skip(owner: PropertyOwner): void {
    this.open(owner)
    while (this.next());
  }

  #misplaced(row: PropertyRow): ProtocolViolation {
    return (row.fromServer & this.#owner) === 0 ? MISPLACED_PROPERTY : PROPERTY_FROM_SERVER
  }

  /** Only User Property may stand more than once (v5 2.2.2.2 and each property's own section). */
  #repeated(): boolean {
    if (this.identifier === Property.UserProperty) return false
    const repeated = this.had(this.identifier)
    if (this.identifier < 32) this.#seenLow |= 1 << this.identifier
    else this.#seenHigh |= 1 << (this.identifier & 31)
    return repeated
  }

  #readValue(row: PropertyRow): void {
    const { frame } = this
    switch (row.kind) {
      case 'byte':
        return this.#checkNumber(row, frame.byte())
      case 'two bytes':
        return this.#checkNumber(row, frame.twoByteInteger())
      case 'four bytes':
        return this.#checkNumber(row, frame.fourByteInteger())
      case 'variable':
        return this.#checkNumber(row, frame.variableByteInteger())
      case 'binary':
        return frame.binary()
      case 'string':
        return frame.string()
      case 'topic':
        return this.#readTopicName()
      case 'pair':
        return this.#readPair()
    }
  }

  #checkNumber(row: PropertyRow, value: number): void {
    this.number = value
    if (value < row.minimum || value > row.maximum) this.frame.fail(row.outOfRange)
  }

  #readTopicName(): void {
    const { frame } = this
    frame.string()
    if (frame.valueStart === frame.valueEnd) frame.fail(BAD_RESPONSE_TOPIC)
    for (let offset = frame.valueStart; offset < frame.valueEnd; offset += 1) {
      const byte = byteAt(frame.bytes, offset)
      if (byte === PLUS || byte === HASH) frame.fail(BAD_RESPONSE_TOPIC) // v5 [MQTT-3.3.2-14]
    }
  }

  #readPair(): void {
    const { frame } = this
    this.#userProperties += 1
    if (this.#userProperties > USER_PROPERTIES_MAX) return frame.fail(TOO_MANY_USER_PROPERTIES)
    frame.string()
    this.nameStart = frame.valueStart
    this.nameEnd = frame.valueEnd
    frame.string()
  }
}

const PLUS = 0x2b
const HASH = 0x23
const PROPERTIES_BEYOND_END = malformed('the property length reaches beyond the end of the packet')
const UNKNOWN_PROPERTY = malformed('unknown property')
const MISPLACED_PROPERTY = malformed('a property that this packet cannot have')
const PROPERTY_FROM_SERVER = protocolError('a property that only a server may send')
const REPEATED_PROPERTY = protocolError('a property is repeated')
const BAD_RESPONSE_TOPIC = protocolError('the response topic is empty or has a wildcard')
const TOO_MANY_USER_PROPERTIES: ProtocolViolation = {
  reasonCode: ReasonCode.QuotaExceeded,
  why: 'too many user properties',
  connackVersion: undefined,
}
