import type { ConnackPacket, ConnectPacket } from '../../protocol/packets.ts'
import { PACKET_BYTES_MAX } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import { validTopicName } from '../../protocol/topic.ts'
import type { BrokerLimits } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { topicTooLong } from '../topic-limits.ts'

const NEVER_SECONDS = 0xffffffff

/** Why the Client Identifier of a CONNECT is not taken. */
export function clientIdRefusal(clientId: string, { clientIdBytesMax }: BrokerLimits): Refusal | undefined {
  if (Buffer.byteLength(clientId) <= clientIdBytesMax) return undefined
  return refuse(ReasonCode.ClientIdentifierNotValid, `the Client Identifier is longer than ${clientIdBytesMax} bytes`)
}

/** Why the Will Message of a CONNECT is not taken (v5 [MQTT-3.2.2-12], [MQTT-3.2.2-13]). */
export function willRefusal({ will }: ConnectPacket, limits: BrokerLimits): Refusal | undefined {
  if (will === undefined) return undefined
  if (topicTooLong(will.topicName, limits))
    return refuse(ReasonCode.TopicNameInvalid, 'the topic of the will is too long')
  if (will.qos > limits.maximumQoS) {
    return refuse(ReasonCode.QoSNotSupported, `the will has a QoS above ${limits.maximumQoS}`)
  }
  if (!will.retain || limits.retainAvailable) return undefined
  return refuse(ReasonCode.RetainNotSupported, 'the will is to be retained')
}

/** For how long the session stays, in seconds. */
export function sessionExpiryInterval(connect: ConnectPacket, { sessionExpirySecondsMax }: BrokerLimits): number {
  return Math.min(wantedSessionExpiry(connect), sessionExpirySecondsMax)
}

/** The Keep Alive that holds, in seconds; MQTT 3 clients cannot be told another one than theirs. */
export function keepAlive({ protocolVersion, keepAliveSeconds }: ConnectPacket, limits: BrokerLimits): number {
  if (protocolVersion !== 5) return keepAliveSeconds
  if (keepAliveSeconds === 0) return limits.keepAliveUnlimited ? 0 : limits.keepAliveSecondsMax
  return Math.min(keepAliveSeconds, limits.keepAliveSecondsMax)
}

/** What CONNACK says of the limits: what differs from the standard's defaults or from what the client asked for. */
export function connackLimits(connect: ConnectPacket, limits: BrokerLimits): Partial<ConnackPacket> {
  const expirySeconds = sessionExpiryInterval(connect, limits)
  const keepAliveSeconds = keepAlive(connect, limits)
  const { maximumQoS, maximumPacketSizeBytes } = limits
  return {
    sessionExpiryIntervalSeconds: expirySeconds === wantedSessionExpiry(connect) ? undefined : expirySeconds,
    receiveMaximum: limits.receiveMaximum,
    maximumQoS: maximumQoS === 2 ? undefined : maximumQoS,
    retainAvailable: unlessTrue(limits.retainAvailable),
    // Some clients refuse the very largest value.
    maximumPacketSizeBytes: maximumPacketSizeBytes < PACKET_BYTES_MAX ? maximumPacketSizeBytes : undefined,
    topicAliasMaximum: limits.topicAliasMaximum,
    wildcardSubscriptionAvailable: unlessTrue(limits.wildcardSubscriptionAvailable),
    subscriptionIdentifiersAvailable: unlessTrue(limits.subscriptionIdentifiersAvailable),
    sharedSubscriptionAvailable: unlessTrue(limits.sharedSubscriptionAvailable),
    serverKeepAliveSeconds: keepAliveSeconds === connect.keepAliveSeconds ? undefined : keepAliveSeconds, // v5 [MQTT-3.2.2-21]
  }
}

/** A topic of the client's own for responses to it, if it asks for one (v5 [MQTT-3.1.2-28]). */
export function responseInformation(
  { requestResponseInformation }: ConnectPacket,
  clientId: string,
  { responseTopic }: BrokerLimits,
): string | undefined {
  if (!requestResponseInformation || responseTopic === undefined) return undefined
  const topicName = `${responseTopic}/${clientId}`
  return validTopicName(topicName) ? topicName : undefined
}

function wantedSessionExpiry(connect: ConnectPacket): number {
  if (connect.protocolVersion === 5) return connect.sessionExpiryIntervalSeconds ?? 0
  // v5 3.1.2.11.2: Clean Session 0 of MQTT 3 is a session that does not expire.
  return connect.cleanStart ? 0 : NEVER_SECONDS
}

function unlessTrue(available: boolean): false | undefined {
  return available ? undefined : false
}
