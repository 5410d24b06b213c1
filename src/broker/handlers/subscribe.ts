import type { Subscription } from '../../core/subscription.ts'
import { appendSuback } from '../../protocol/encoder.ts'
import type { SubscribePacket, SubscriptionRequest } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import { parseSharedFilter, validTopicFilter } from '../../protocol/topic.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import type { ConnectedSession } from '../connected-session.ts'
import { isGranted } from '../granted-filter.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** One Topic Filter of the packet on its way through the steps. */
interface Attempt {
  readonly request: SubscriptionRequest
  readonly channel: Channel
  readonly client: ConnectedClient
}

const checks: readonly ((attempt: Attempt) => Refusal | undefined)[] = [
  checkTopicFilter,
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
  const { session } = client
  const sharedNoLocal = packet.subscriptions.some(
    ({ noLocal, topicFilter }) => noLocal && topicFilter.startsWith('$share/'),
  )
  if (sharedNoLocal) {
    // v5 [MQTT-3.8.3-4]
    return channel.disconnect(refuse(ReasonCode.ProtocolError, 'No Local on a Shared Subscription'))
  }
  const reasonCodes: number[] = []
  const granted: Subscription[] = []
  const replayed: Subscription[] = []
  let why = ''
  for (const request of packet.subscriptions) {
    const refusal = firstRefusal({ request, channel, client })
    if (refusal !== undefined) {
      // SUBACK of MQTT 3.1 cannot say no.
      if (channel.protocolVersion === 3) return channel.disconnect(refusal)
      why += `${refusal.why}. `
    }
    reasonCodes.push(refusal?.reasonCode ?? request.qos)
    if (refusal !== undefined) continue
    const subscription = { ...request, subscriptionIdentifier: packet.subscriptionIdentifier ?? 0 }
    if (wantsRetained(subscription, session.subscriptions.has(request.topicFilter))) replayed.push(subscription)
    granted.push(subscription)
    broker.sessions.subscribe(session, subscription)
  }
  if (granted.length > 0) await storeAndTell(channel, session, granted)
  if (channel.ended) return
  const told = client.requestProblemInformation && why !== '' ? why : undefined
  const { out } = channel.connection
  const { protocolVersion } = channel
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

function checkTopicFilter({ request }: Attempt): Refusal | undefined {
  const { topicFilter } = request
  const valid = validTopicFilter(topicFilter) && parseSharedFilter(topicFilter) !== 'invalid'
  return valid ? undefined : refuse(ReasonCode.TopicFilterInvalid, 'not a Topic Filter')
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
