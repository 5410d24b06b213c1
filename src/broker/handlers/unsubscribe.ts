import { appendUnsuback } from '../../protocol/encoder.ts'
import type { UnsubscribePacket } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { ClientChannel, ConnectedClient } from '../client-channel.ts'

/** UNSUBSCRIBE (v5 3.10): nothing is delivered for these filters any more; UNSUBACK waits for the store. */
export async function handleUnsubscribe(
  channel: ClientChannel,
  client: ConnectedClient,
  packet: UnsubscribePacket,
): Promise<void> {
  const { broker } = channel
  const { session } = client
  const removed: string[] = []
  const reasonCodes = packet.topicFilters.map(topicFilter => {
    if (!broker.sessions.unsubscribe(session, topicFilter)) return ReasonCode.NoSubscriptionExisted
    removed.push(topicFilter)
    return ReasonCode.Success
  })
  if (removed.length > 0) {
    await Promise.all([
      session.persistent ? broker.store.subscriptions.remove(session.clientId, session.epoch, removed) : undefined,
      broker.sessions.peersKnow(session, [], removed),
    ])
  }
  if (channel.ended) return
  appendUnsuback(channel.connection.out, channel.protocolVersion, packet.packetId, reasonCodes)
}
