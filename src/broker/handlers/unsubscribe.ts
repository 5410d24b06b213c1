import { appendUnsuback } from '../../protocol/encoder.ts'
import type { UnsubscribePacket } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from '../channel.ts'
import { refuse } from '../refusal.ts'

/** UNSUBSCRIBE (v5 3.10): nothing is delivered for these filters any more; UNSUBACK waits for the store. */
export async function handleUnsubscribe(
  channel: Channel,
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
    if (session.persistent) await broker.store.subscriptions.remove(session.clientId, session.epoch, removed)
    await broker.sessions.peersKnow(session, removed)
  }
  if (channel.ended) return
  const { connection, protocolVersion } = channel
  broker.counters.controlPacketsSent++
  const { maximumPacketSizeBytes } = session.subscriber
  if (
    !appendUnsuback(connection.out, protocolVersion, packet.packetId, reasonCodes, undefined, maximumPacketSizeBytes)
  ) {
    // v5 [MQTT-3.1.2-24]
    channel.disconnect(refuse(ReasonCode.PacketTooLarge, 'UNSUBACK exceeds the Maximum Packet Size'))
  }
}
