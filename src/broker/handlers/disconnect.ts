import type { DisconnectPacket } from '../../protocol/packets.ts'
import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { Channel, ConnectedClient } from '../channel.ts'

/** DISCONNECT (v5 3.14): the client leaves, and may change how long its session stays. */
export function handleDisconnect(channel: Channel, client: ConnectedClient, packet: DisconnectPacket): void {
  const { session } = client
  if (packet.sessionExpiryIntervalSeconds !== undefined) {
    const { sessionExpirySecondsMax } = channel.broker.limits
    const sessionExpiryIntervalSeconds = Math.min(packet.sessionExpiryIntervalSeconds, sessionExpirySecondsMax)
    if (session.sessionExpiryIntervalSeconds === 0 && sessionExpiryIntervalSeconds > 0) {
      // v5 3.14.2.2.2
      return channel.disconnect({
        reasonCode: ReasonCode.ProtocolError,
        why: 'Session Expiry Interval was 0 in CONNECT',
      })
    }
    session.sessionExpiryIntervalSeconds = sessionExpiryIntervalSeconds
  }
  // v5 [MQTT-3.14.4-3]: only a normal disconnection discards the will.
  channel.goodbye(packet.reasonCode !== ReasonCode.NormalDisconnection)
}
