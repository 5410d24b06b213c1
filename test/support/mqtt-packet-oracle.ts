import { parser } from 'mqtt-packet'
import type { Packet } from 'mqtt-packet'
import type { ProtocolVersion } from '../../src/protocol/packets.ts'

/** What mqtt-packet, as a client would, makes of bytes from a server. Throws when it refuses them or bytes are left. */
export function decodedByOracle(bytes: Buffer, protocolVersion: ProtocolVersion): readonly Packet[] {
  const packets: Packet[] = []
  const oracle = parser({ protocolVersion })
  oracle.on('packet', packet => packets.push(packet))
  oracle.on('error', (error: unknown) => {
    throw error
  })
  const left = oracle.parse(bytes)
  if (left !== 0) throw new Error(`${left} bytes are left`)
  return packets
}
