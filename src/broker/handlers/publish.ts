import { background } from '../../ports/telemetry.ts'
import { appendAcknowledgement } from '../../protocol/encoder.ts'
import type { IncomingPublish } from '../../protocol/incoming-publish.ts'
import { PUBACK, PUBREC } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import type { Acknowledger, PublishAnswer } from '../acknowledgement-line.ts'
import type { ConnectedSession } from '../connected-session.ts'
import type { Route } from '../route.ts'
import type { Routed } from '../routed.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { unlessStale } from '../stale-epoch.ts'
import { isFull } from '../store-full.ts'

const PACKET_IDENTIFIERS = 65_535

const RECEIVED_BEFORE: Routed = { matched: true, safe: undefined, share: 0 }

/** PUBLISH (v5 3.3): topic, permission, quota, routing, acknowledgement. Allocates nothing for QoS 0 on the usual way. */
export function handlePublish(channel: Channel, client: ConnectedClient, packet: IncomingPublish): void {
  const { broker } = channel
  const over = client.proof?.over
  if (over !== undefined) return channel.disconnect(over)
  broker.counters.messagesReceived++
  broker.counters.payloadBytesReceived += packet.payloadEnd - packet.payloadStart
  const route = channel.topics.resolve(packet)
  if ('reasonCode' in route) return channel.disconnect(route)
  const { qos, retain, packetId } = packet
  const { limits } = broker
  if (route.tooLong || qos > limits.maximumQoS || (retain && !limits.retainAvailable)) {
    return channel.disconnect(limitRefusal(route, qos > limits.maximumQoS))
  }
  if (limits.messageExpirySecondsMax < Infinity) packet.limitExpiry(limits.messageExpirySecondsMax)
  if (route.reserved || !client.permissions.mayPublish(route.topicName, qos, retain)) {
    return denyPublish(channel, client, packet, route)
  }
  const { session } = client
  if (qos === 2) return receiveExactlyOnce(channel, session, packet, route)
  const routed = broker.router.routePacket(packet, route, session.clientId)
  if (routed.safe !== undefined) channel.awaitSafety(packet.packetEnd - packet.packetStart, routed.safe)
  if (qos > 0) acknowledge(channel, PUBACK, packetId, routed)
}

/** v5 [MQTT-3.2.2-11], [MQTT-3.2.2-14] */
function limitRefusal(route: Route, qosTooHigh: boolean): Refusal {
  if (route.tooLong) return refuse(ReasonCode.TopicNameInvalid, 'the Topic Name is too long')
  if (qosTooHigh) return refuse(ReasonCode.QoSNotSupported, 'QoS above the maximum')
  return refuse(ReasonCode.RetainNotSupported, 'messages are not retained')
}

/** v5 4.3.3: a Packet Identifier that is not released yet is the same message again and is only answered. */
function receiveExactlyOnce(channel: Channel, session: ConnectedSession, packet: IncomingPublish, route: Route): void {
  const { broker } = channel
  const { packetId } = packet
  const { clientId, epoch } = session
  const received = (session.receivedPacketIds ??= new Set())
  if (received.has(packetId)) return acknowledge(channel, PUBREC, packetId, RECEIVED_BEFORE)
  if (session.receivedHere >= broker.limits.receiveMaximum && channel.protocolVersion === 5) {
    return channel.disconnect({ reasonCode: ReasonCode.ReceiveMaximumExceeded, why: 'Receive Maximum exceeded' })
  }
  received.add(packetId)
  // Between the message and its mark nothing may come: one without the other loses it or doubles it.
  const mark = session.persistent ? { clientId, epoch, packetId } : undefined
  const routed = broker.router.routePacket(packet, route, clientId, mark)
  if (routed.safe !== undefined) channel.awaitSafety(packet.packetEnd - packet.packetStart, routed.safe)
  acknowledge(channel, PUBREC, packetId, routed)
}

function acknowledge(channel: Channel, type: PublishAnswer, packetId: number, routed: Routed): void {
  const reasonCode = routed.matched ? ReasonCode.Success : ReasonCode.NoMatchingSubscribers
  if (routed.safe === undefined && channel.acknowledgesAtOnce) return answer(channel, type, packetId, reasonCode)
  const line = channel.acknowledgements
  if (line.length >= unacknowledgedMax(channel)) {
    return channel.disconnect({ reasonCode: ReasonCode.ReceiveMaximumExceeded, why: 'Receive Maximum exceeded' })
  }
  line.after(routed.safe, routed.share, type, packetId, reasonCode)
}

/** Acknowledges what the client of a channel has published, once it is safe. */
export function acknowledgerOf(channel: Channel): Acknowledger {
  return {
    acknowledge(type, packetId, reasonCode) {
      if (!channel.ended) answer(channel, type, packetId, reasonCode)
    },
    refuse: (type, packetId, error) => answerUnsafe(channel, type, packetId, error),
  }
}

function answer(
  { connection, protocolVersion, session, broker }: Channel,
  type: PublishAnswer,
  packetId: number,
  reasonCode: number,
  why?: string,
): void {
  broker.counters.controlPacketsSent++
  const maximumPacketSizeBytes = session?.subscriber.maximumPacketSizeBytes
  appendAcknowledgement(connection.out, type, protocolVersion, packetId, reasonCode, why, maximumPacketSizeBytes)
}

/** MQTT 3 knows no Receive Maximum: there Packet Identifiers are the bound, and a backlog holds the client back before. */
function unacknowledgedMax({ protocolVersion, broker }: Channel): number {
  return protocolVersion === 5 ? broker.limits.receiveMaximum : PACKET_IDENTIFIERS
}

/** The message is not safe, so it is not acknowledged: the client sends it again on its next connection, or later. */
function answerUnsafe(channel: Channel, type: PublishAnswer, packetId: number, error: unknown): number | undefined {
  if (!isFull(error)) {
    channel.failed('publish', error)
    return undefined
  }
  channel.broker.counters.publishesOverQuota++
  const { protocolVersion, session } = channel
  if (protocolVersion === 5) {
    if (type === PUBREC) forget(channel, session, packetId)
    return ReasonCode.QuotaExceeded
  }
  channel.disconnect({ reasonCode: ReasonCode.QuotaExceeded, why: 'the store is full' })
  return undefined
}

/** v5 4.3.3: a PUBREC with an error ends the exchange, so the Packet Identifier names another message from now on. */
function forget({ broker }: Channel, session: ConnectedSession | undefined, packetId: number): void {
  if (session?.forgetReceived(packetId) !== true || !session.persistent) return
  const forgotten = broker.store.sessions.markReceived(session.clientId, session.epoch, packetId, false)
  background(broker.log, 'forget message', forgotten.catch(unlessStale))
}

/** HiveMQ's answers: MQTT 5 clients learn the reason, then the connection ends; MQTT 3 has no way to say it. */
function denyPublish(channel: Channel, client: ConnectedClient, packet: IncomingPublish, route: Route): void {
  const { qos, retain, packetId } = packet
  channel.broker.counters.publishesNotAuthorized++
  const why = `Not authorized to publish on topic '${route.topicName}' with QoS '${qos}' and retain '${retain}'`
  if (channel.protocolVersion === 5 && qos > 0) {
    const told = client.requestProblemInformation ? why : undefined
    answer(channel, qos === 1 ? PUBACK : PUBREC, packetId, ReasonCode.NotAuthorized, told)
  }
  channel.disconnect({ reasonCode: ReasonCode.NotAuthorized, why })
}
