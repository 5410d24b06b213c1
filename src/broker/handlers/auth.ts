import { ReasonCode } from '../../protocol/reason-codes.ts'
import type { ClientChannel } from '../client-channel.ts'

/** AUTH (v5 3.15): a client whose CONNECT named no Authentication Method must not send it ([MQTT-4.12.0-6]). */
export function handleAuth(channel: ClientChannel): void {
  channel.disconnect({ reasonCode: ReasonCode.ProtocolError, why: 'AUTH without an Authentication Method in CONNECT' })
}
