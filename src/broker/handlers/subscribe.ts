import type { Subscription } from '../../core/subscription.ts'
import { appendSuback } from '../../protocol/encoder.ts'
import type { SubscribePacket, SubscriptionRequest } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import { parseSharedFilter, validTopicFilter } from '../../protocol/topic.ts'
import type { ClientChannel, ConnectedClient } from '../client-channel.ts'
import { type Refusal, refuse } from '../refusal.ts'

/** One Topic Filter of the packet on its way through the steps. */
interface Attempt {
  readonly request: SubscriptionRequest
  readonly channel: ClientChannel
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
  channel: ClientChannel,
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
  let refused: Refusal | undefined
  for (const request of packet.subscriptions) {
    const refusal = firstRefusal({ request, channel, client })
    refused ??= refusal
    reasonCodes.push(refusal?.reasonCode ?? request.qos)
    if (refusal !== undefined) continue
    const subscription = { ...request, subscriptionIdentifier: packet.subscriptionIdentifier ?? 0 }
    if (wantsRetained(subscription, session.subscriptions.has(request.topicFilter))) replayed.push(subscription)
    granted.push(subscription)
    broker.sessions.subscribe(session, subscription)
  }
  await Promise.all([
    session.persistent && granted.length > 0
      ? broker.store.subscriptions.put(session.clientId, session.epoch, granted)
      : undefined,
    broker.sessions.peersKnow(session, granted, []),
  ])
  if (channel.ended) return
  const told = client.requestProblemInformation ? refused?.why : undefined
  const { out } = channel.connection
  appendSuback(out, channel.protocolVersion, packet.packetId, reasonCodes, told, channel.maximumPacketSizeBytes)
  channel.run(
    'retained replay',
    broker.retained.replay(session, replayed, () => !channel.ended),
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
  const shared = parseSharedFilter(topicFilter)
  const allowed =
    shared === undefined || shared === 'invalid'
      ? client.permissions.maySubscribe(topicFilter, qos, undefined)
      : client.permissions.maySubscribe(shared.topicFilter, qos, shared.shareName)
  if (allowed) return undefined
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
