import type { Subscription } from '../../core/subscription.ts'
import { appendSuback } from '../../protocol/encoder.ts'
import type { SubscribePacket, SubscriptionRequest } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import { parseSharedFilter, validTopicFilter } from '../../protocol/topic.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import type { ConnectedSession } from '../connected-session.ts'
import { isGranted } from '../granted-filter.ts'
import type { BrokerLimits } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { topicTooLong } from '../topic-limits.ts'

/** One Topic Filter of the packet on its way through the steps. */
interface Attempt {
  readonly request: SubscriptionRequest
  readonly channel: Channel
  readonly client: ConnectedClient
}

const checks: readonly ((attempt: Attempt) => Refusal | undefined)[] = [
  checkTopicFilter,
  checkAvailable,
  checkPermission,
  checkSubscriptionLimit,
]

/**
 * SUBSCRIBE (v5 3.8). SUBACK says that a publisher anywhere reaches the subscriber: it waits until the subscriptions
 * are stored and the other workers know them. Retained messages follow it.
 */
export async function handleSubscribe(
  channel: Channel,
  client: ConnectedClient,
  packet: SubscribePacket,
): Promise<void> {
  const { broker } = channel
  const { session, proof } = client
  if (proof?.over !== undefined) return channel.disconnect(proof.over)
  const protocolError = channel.protocolVersion === 5 ? errorOf(packet, broker.limits) : undefined
  if (protocolError !== undefined) return channel.disconnect(protocolError)
  const reasonCodes: number[] = []
  const granted: Subscription[] = []
  const replayed: Subscription[] = []
  let why = ''
  for (const asked of packet.subscriptions) {
    const request = asked.qos > broker.limits.maximumQoS ? { ...asked, qos: broker.limits.maximumQoS } : asked
    const refusal = firstRefusal({ request, channel, client })
    if (refusal !== undefined) {
      // SUBACK of MQTT 3.1 cannot say no.
      if (channel.protocolVersion === 3) return channel.disconnect(refusal)
      why += `${refusal.why}. `
    }
    reasonCodes.push(refusal?.reasonCode ?? request.qos)
    if (refusal !== undefined) continue
    const subscription = { ...request, subscriptionIdentifier: packet.subscriptionIdentifier ?? 0 }
    const replays = broker.limits.retainAvailable
    if (replays && wantsRetained(subscription, session.subscriptions.has(request.topicFilter)))
      replayed.push(subscription)
    granted.push(subscription)
    broker.sessions.subscribe(session, subscription)
  }
  if (granted.length > 0) await storeAndTell(channel, session, granted)
  if (channel.ended) return
  const told = client.requestProblemInformation && why !== '' ? why : undefined
  const { out } = channel.connection
  const { protocolVersion } = channel
  broker.counters.controlPacketsSent++
  if (
    !appendSuback(out, protocolVersion, packet.packetId, reasonCodes, told, session.subscriber.maximumPacketSizeBytes)
  ) {
    // v5 [MQTT-3.1.2-24]
    return channel.disconnect(refuse(ReasonCode.PacketTooLarge, 'SUBACK exceeds the Maximum Packet Size'))
  }
  channel.run(
    'retained replay',
    broker.retained.replay(session, replayed, () => !channel.ended),
  )
}

/** In this order: a worker that loads subscriptions from the store takes away what it was told and does not find there. */
async function storeAndTell(
  { broker }: Channel,
  session: ConnectedSession,
  granted: readonly Subscription[],
): Promise<void> {
  if (session.persistent) await broker.store.subscriptions.put(session.clientId, session.epoch, granted)
  await broker.sessions.peersKnow(
    session,
    granted.map(({ topicFilter }) => topicFilter),
  )
}

function firstRefusal(attempt: Attempt): Refusal | undefined {
  for (const check of checks) {
    const refusal = check(attempt)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

/** What an MQTT 5 client knows that it may not do ends its connection (v5 3.8.3, 3.2.2.3.11 to 3.2.2.3.13). */
function errorOf(
  { subscriptions, subscriptionIdentifier }: SubscribePacket,
  limits: BrokerLimits,
): Refusal | undefined {
  if (subscriptionIdentifier !== undefined && !limits.subscriptionIdentifiersAvailable) {
    return refuse(ReasonCode.SubscriptionIdentifiersNotSupported, 'there are no Subscription Identifiers')
  }
  for (const { noLocal, topicFilter } of subscriptions) {
    if (noLocal && topicFilter.startsWith('$share/')) {
      // v5 [MQTT-3.8.3-4]
      return refuse(ReasonCode.ProtocolError, 'No Local on a Shared Subscription')
    }
    const unavailable = unavailability(topicFilter, limits)
    if (unavailable !== undefined) return unavailable
  }
  return undefined
}

function checkTopicFilter({ request, channel }: Attempt): Refusal | undefined {
  const { topicFilter } = request
  const shared = validTopicFilter(topicFilter) ? parseSharedFilter(topicFilter) : 'invalid'
  if (shared === 'invalid') return refuse(ReasonCode.TopicFilterInvalid, 'not a Topic Filter')
  if (!topicTooLong(shared?.topicFilter ?? topicFilter, channel.broker.limits)) return undefined
  return refuse(ReasonCode.TopicFilterInvalid, 'the Topic Filter is too long')
}

/** MQTT 3 clients cannot know it. */
function checkAvailable({ request, channel }: Attempt): Refusal | undefined {
  return unavailability(request.topicFilter, channel.broker.limits)
}

function unavailability(topicFilter: string, limits: BrokerLimits): Refusal | undefined {
  if (!limits.sharedSubscriptionAvailable && topicFilter.startsWith('$share/')) {
    return refuse(ReasonCode.SharedSubscriptionsNotSupported, 'there are no Shared Subscriptions')
  }
  if (!limits.wildcardSubscriptionAvailable && /[+#]/.test(topicFilter)) {
    return refuse(ReasonCode.WildcardSubscriptionsNotSupported, 'there are no wildcards')
  }
  return undefined
}

function checkPermission({ request, client }: Attempt): Refusal | undefined {
  const { topicFilter, qos } = request
  if (isGranted(client.permissions, topicFilter, qos)) return undefined
  return refuse(ReasonCode.NotAuthorized, `Not authorized to subscribe to topic '${topicFilter}' with QoS '${qos}'`)
}

function checkSubscriptionLimit({ request, channel, client }: Attempt): Refusal | undefined {
  const { subscriptions } = client.session
  const isNew = !subscriptions.has(request.topicFilter)
  if (!isNew || subscriptions.size < channel.broker.limits.subscriptionsPerSessionMax) return undefined
  return refuse(ReasonCode.QuotaExceeded, 'too many subscriptions')
}

/** v5 [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; a Shared Subscription gets none (v5 4.8.2). */
function wantsRetained(subscription: Subscription, existed: boolean): boolean {
  if (subscription.topicFilter.startsWith('$share/')) return false
  if (subscription.retainHandling === 0) return true
  return subscription.retainHandling === 1 && !existed
}
