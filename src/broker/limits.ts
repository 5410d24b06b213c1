import type { QoS } from '../protocol/packets.ts'

/** Bounds of the broker. Each names its unit; what happens at the bound stands beside it. */
export interface BrokerLimits extends ProtocolLimits {
  /** A connection that has not sent a CONNECT by then is closed (HiveMQ: no-connect-idle-timeout). */
  readonly connectTimeoutMs: number
  /** QoS 1 and 2 messages in flight towards one client, below its own Receive Maximum. */
  readonly inflightMax: number
  /** QoS 1 and 2 messages that wait for one client; at the bound one is dropped. */
  readonly queuedMessagesMax: number
  /** Which one: that which comes, or the oldest that waits. */
  readonly queueFull: 'discard' | 'discard-oldest'
  /** Bytes a client has not read above which QoS 0 messages for it are dropped. */
  readonly qos0PendingBytesMax: number
  /** Bytes a client has not read above which QoS 1 and 2 messages for it wait in its queue. */
  readonly heldBackBytes: number
  /** Topic Filters of one session; further ones are refused with 0x97. */
  readonly subscriptionsPerSessionMax: number
  /** How long SUBACK waits for the peers to know the filter; then it is sent and counted. */
  readonly routesConfirmMs: number
  /** How long CONNACK waits for another worker to let go of the session; then it is sent. */
  readonly takeoverWaitMs: number
  /** Topic Names whose receivers are remembered; at the bound all are forgotten and found again. */
  readonly routesCachedMax: number
  /** Bytes that all clients of a worker together may leave unread or unacknowledged: load is shed from half of it on. */
  readonly queuedBytesMax: number
  /** How late the timers of a worker may run before it sheds load. */
  readonly lagMsMax: number
  /** Where clients that are refused for the load may go instead, told with 0x9C. */
  readonly serverReference: string | undefined
  readonly traffic: TrafficLimits
}

/** What the standard leaves to the server, and tells MQTT 5 clients by CONNACK. */
export interface ProtocolLimits {
  /** A PUBLISH or will above it is refused with 0x9B, and no more is granted. */
  readonly maximumQoS: QoS
  /** False: a PUBLISH or will with RETAIN is refused with 0x9A. */
  readonly retainAvailable: boolean
  /** False: refused with 0xA2. */
  readonly wildcardSubscriptionAvailable: boolean
  /** False: refused with 0x9E. */
  readonly sharedSubscriptionAvailable: boolean
  /** False: refused with 0xA1. */
  readonly subscriptionIdentifiersAvailable: boolean
  /** Larger packets end the connection with 0x95. */
  readonly maximumPacketSizeBytes: number
  /** QoS 1 and 2 messages an MQTT 5 client may have unacknowledged towards us; more ends the connection with 0x93. */
  readonly receiveMaximum: number
  /** Topic Aliases a client may set; a higher one ends the connection with 0x94. */
  readonly topicAliasMaximum: number
  /** Longer Client Identifiers are refused with 0x85. */
  readonly clientIdBytesMax: number
  /** Longer Topic Names are refused with 0x90, longer Topic Filters with 0x8F. */
  readonly topicBytesMax: number
  /** The same for more levels. */
  readonly topicLevelsMax: number
  /** Longer Session Expiry Intervals are shortened; 0xFFFFFFFF: none is. */
  readonly sessionExpirySecondsMax: number
  /** Longer Message Expiry Intervals are shortened, and messages without one get it; Infinity: none is. */
  readonly messageExpirySecondsMax: number
  /** Longer Keep Alives of MQTT 5 clients are shortened. */
  readonly keepAliveSecondsMax: number
  /** Whether an MQTT 5 client may do without Keep Alive. */
  readonly keepAliveUnlimited: boolean
  /** Topic Name below which each client that asks has one of its own for responses, by its Client Identifier. */
  readonly responseTopic: string | undefined
}

/** What clients that belong together may take at one worker; Infinity: as much as they like. */
export interface TrafficBounds {
  /** A CONNECT on a further connection is refused with 0x97. */
  readonly connectionsMax: number
  /** Further CONNECTs are refused with 0x9F. */
  readonly connectsPerSecond: number
  /** Who sends more is read more slowly. */
  readonly bytesPerSecond: number
}

/** {@link TrafficBounds} of everybody, of the clients of one listener, of those of one address, and of each. */
export interface TrafficLimits {
  readonly connectionsMax: number
  readonly listener: TrafficBounds
  readonly address: TrafficBounds
  readonly connectionBytesPerSecond: number
}

/** The bounds that are the same everywhere. */
export const FIXED_LIMITS = {
  inflightMax: 1_024,
  qos0PendingBytesMax: 5 * 1024 * 1024,
  heldBackBytes: 256 * 1024,
  subscriptionsPerSessionMax: 10_000,
  routesConfirmMs: 1_000,
  takeoverWaitMs: 2_000,
  routesCachedMax: 65_536,
} as const satisfies Partial<BrokerLimits>
