/** The packets of MQTT 3.1, 3.1.1 and 5.0 as the broker sees them: one type per packet, the version as a field. */

/** Protocol Level of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type ProtocolVersion = 3 | 4 | 5

/** Quality of Service level of one message. */
export type QoS = 0 | 1 | 2

/** No packet is larger: five bytes of fixed header and the largest Remaining Length (v5 2.1.4). */
export const PACKET_BYTES_MAX = 268_435_460

/** One User Property; their order and repeats are kept (v5 [MQTT-3.3.2-18]). */
export interface UserProperty {
  readonly name: string
  readonly value: string
}

/** The Will Message of a CONNECT. */
export interface Will {
  readonly topicName: string
  readonly payload: Buffer
  readonly qos: QoS
  readonly retain: boolean
  readonly delayIntervalSeconds: number
  /** Undefined: the message does not expire. */
  readonly messageExpiryIntervalSeconds: number | undefined
  /**
   * The will's properties as they go into the PUBLISH, encoded and in their order, without the property length,
   * the Will Delay Interval and the Message Expiry Interval. Empty for MQTT 3.
   */
  readonly properties: Buffer
}

/** CONNECT (v5 3.1). Values the client left out are undefined or the default of the standard, as noted. */
export interface ConnectPacket {
  readonly type: 'connect'
  readonly protocolVersion: ProtocolVersion
  /** Empty when the client asks for an assigned one. */
  readonly clientId: string
  /** Clean Start of MQTT 5, Clean Session of MQTT 3. */
  readonly cleanStart: boolean
  readonly keepAliveSeconds: number
  readonly username: string | undefined
  readonly password: Buffer | undefined
  readonly will: Will | undefined
  /** Seconds; 0xFFFFFFFF does not expire. MQTT 3: undefined. */
  readonly sessionExpiryIntervalSeconds: number | undefined
  /** 65,535 when left out, and for MQTT 3. */
  readonly receiveMaximum: number
  /** Bytes; undefined is no limit. */
  readonly maximumPacketSizeBytes: number | undefined
  /** 0 when left out. */
  readonly topicAliasMaximum: number
  /** False when left out. */
  readonly requestResponseInformation: boolean
  /** True when left out. */
  readonly requestProblemInformation: boolean
  readonly authenticationMethod: string | undefined
  readonly authenticationData: Buffer | undefined
  readonly userProperties: readonly UserProperty[]
}

/** CONNACK (v5 3.2). Properties are sent to MQTT 5 clients only; undefined ones are left out. */
export interface ConnackPacket {
  readonly sessionPresent: boolean
  /** A row of `protocol/reason-codes.ts`; the encoder turns it into the return code of MQTT 3. */
  readonly reasonCode: number
  readonly sessionExpiryIntervalSeconds?: number | undefined
  readonly receiveMaximum?: number | undefined
  readonly maximumQoS?: 0 | 1 | undefined
  readonly retainAvailable?: boolean | undefined
  readonly maximumPacketSizeBytes?: number | undefined
  readonly assignedClientIdentifier?: string | undefined
  readonly topicAliasMaximum?: number | undefined
  readonly reasonString?: string | undefined
  readonly wildcardSubscriptionAvailable?: boolean | undefined
  readonly subscriptionIdentifiersAvailable?: boolean | undefined
  readonly sharedSubscriptionAvailable?: boolean | undefined
  readonly serverKeepAliveSeconds?: number | undefined
  readonly responseInformation?: string | undefined
  readonly serverReference?: string | undefined
  readonly authenticationMethod?: string | undefined
  readonly authenticationData?: Buffer | undefined
}

/** Retain Handling of a subscription (v5 3.8.3.1): 0 send retained messages, 1 only if new, 2 never. */
export type RetainHandling = 0 | 1 | 2

/** One Topic Filter of a SUBSCRIBE with its options; MQTT 3 has the defaults false, false, 0. */
export interface SubscriptionRequest {
  readonly topicFilter: string
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  readonly retainHandling: RetainHandling
}

/** SUBSCRIBE (v5 3.8); at least one subscription. */
export interface SubscribePacket {
  readonly type: 'subscribe'
  readonly packetId: number
  readonly subscriptionIdentifier: number | undefined
  readonly subscriptions: readonly SubscriptionRequest[]
}

/** UNSUBSCRIBE (v5 3.10); at least one Topic Filter. */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe'
  readonly packetId: number
  readonly topicFilters: readonly string[]
}

/** DISCONNECT from a client (v5 3.14); MQTT 3 has reason code 0. */
export interface DisconnectPacket {
  readonly type: 'disconnect'
  readonly reasonCode: number
  readonly sessionExpiryIntervalSeconds: number | undefined
}

/** AUTH from a client (v5 3.15). */
export interface AuthPacket {
  readonly type: 'auth'
  readonly reasonCode: number
  readonly authenticationMethod: string | undefined
  readonly authenticationData: Buffer | undefined
}

/** The packets that are decoded into an object; PUBLISH, acknowledgements and PINGREQ are not (hot path). */
export type ControlPacket = ConnectPacket | SubscribePacket | UnsubscribePacket | DisconnectPacket | AuthPacket

/** Packet types of the four acknowledgements, as on the wire (v5 2.1.2). */
export type AcknowledgementType = 4 | 5 | 6 | 7
export const PUBACK = 4
export const PUBREC = 5
export const PUBREL = 6
export const PUBCOMP = 7
