import { appendPingResponse } from '../../protocol/encoder.ts'
import type { Channel } from '../channel.ts'

/** PINGREQ (v5 3.12). */
export function handlePingRequest(channel: Channel): void {
  channel.broker.counters.controlPacketsSent++
  appendPingResponse(channel.connection.out)
}
