import { appendConnack, appendDisconnect } from '../protocol/encoder.ts'
import type { ProtocolVersion } from '../protocol/packets.ts'
import type { Channel } from './channel.ts'
import type { Refusal } from './refusal.ts'

/** Who is told. */
type Told = Pick<Channel, 'broker' | 'connection' | 'session'>

/** Appends the CONNACK that refuses a client; `maximumPacketSizeBytes` is what it says it takes. */
export function tellRefused(
  { broker, connection }: Told,
  version: ProtocolVersion,
  { reasonCode, why, serverReference }: Refusal,
  maximumPacketSizeBytes: number | undefined,
): void {
  const told = { sessionPresent: false, reasonCode, reasonString: why, serverReference }
  if (appendConnack(connection.out, version, told, maximumPacketSizeBytes)) broker.counters.controlPacketsSent++
}

/** Appends the DISCONNECT that ends the connection of an MQTT 5 client. */
export function tellDisconnected(
  { broker, connection, session }: Told,
  { reasonCode, why, serverReference }: Refusal,
  withReason: boolean,
): void {
  const told = { reasonString: withReason ? why : undefined, serverReference }
  const maximumPacketSizeBytes = session?.subscriber.maximumPacketSizeBytes
  if (appendDisconnect(connection.out, reasonCode, told, maximumPacketSizeBytes)) broker.counters.controlPacketsSent++
}
