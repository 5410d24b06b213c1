import { appendPingResponse } from '../../protocol/encoder.ts'
import type { ClientChannel } from '../client-channel.ts'

/** PINGREQ (v5 3.12). */
export function handlePingRequest(channel: ClientChannel): void {
  appendPingResponse(channel.connection.out)
}
