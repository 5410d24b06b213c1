import { PACKET_BYTES_MAX } from '../protocol/packets.ts'

/** Bounds of the broker. Each names its unit; what happens at the bound stands beside it. */
export interface BrokerLimits {
  /** A connection that has not sent a CONNECT by then is closed (HiveMQ: no-connect-idle-timeout). */
  readonly connectTimeoutMs: number
  /** Larger packets end the connection with 0x95. */
  readonly maximumPacketSizeBytes: number
  /** QoS 1 and 2 messages a client may have unacknowledged towards us; more ends the connection with 0x93. */
  readonly receiveMaximum: number
  /** Topic Aliases a client may set; a higher one ends the connection with 0x94. */
  readonly topicAliasMaximum: number
  /** QoS 1 and 2 messages in flight towards one client, below its own Receive Maximum. */
  readonly inflightMax: number
  /** QoS 1 and 2 messages that wait for one client; the newest is dropped. */
  readonly queuedMessagesMax: number
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
}

export const DEFAULT_LIMITS: BrokerLimits = {
  connectTimeoutMs: 10_000,
  maximumPacketSizeBytes: PACKET_BYTES_MAX,
  receiveMaximum: 1_024,
  topicAliasMaximum: 16,
  inflightMax: 1_024,
  queuedMessagesMax: 1_000,
  qos0PendingBytesMax: 5 * 1024 * 1024,
  heldBackBytes: 256 * 1024,
  subscriptionsPerSessionMax: 10_000,
  routesConfirmMs: 1_000,
  takeoverWaitMs: 2_000,
  routesCachedMax: 65_536,
}
