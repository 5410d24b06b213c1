import { appendConnack, appendDisconnect } from '../protocol/encoder.ts'
import type { OutBuffer } from '../protocol/out-buffer.ts'
import type { ProtocolVersion } from '../protocol/packets.ts'
import type { Refusal } from './refusal.ts'

/** Appends the CONNACK that refuses a client; `maximumPacketSizeBytes` is what it says it takes. */
export function tellRefused(
  out: OutBuffer,
  version: ProtocolVersion,
  { reasonCode, why, serverReference }: Refusal,
  maximumPacketSizeBytes: number | undefined,
): void {
  const told = { sessionPresent: false, reasonCode, reasonString: why, serverReference }
  appendConnack(out, version, told, maximumPacketSizeBytes)
}

/** Appends the DISCONNECT that ends the connection of an MQTT 5 client. */
export function tellDisconnected(
  out: OutBuffer,
  { reasonCode, why, serverReference }: Refusal,
  withReason: boolean,
  maximumPacketSizeBytes: number | undefined,
): void {
  const told = { reasonString: withReason ? why : undefined, serverReference }
  appendDisconnect(out, reasonCode, told, maximumPacketSizeBytes)
}
