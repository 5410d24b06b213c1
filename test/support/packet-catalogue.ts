import type { ProtocolVersion } from '../../src/protocol/packets.ts'
import { packet, str, u16, u8 } from './wire-bytes.ts'
import { acknowledgementCases } from './wire-cases/acknowledgement-cases.ts'
import { connectCases } from './wire-cases/connect-cases.ts'
import { publishCases } from './wire-cases/publish-cases.ts'
import { sessionCases } from './wire-cases/session-cases.ts'
import type { WireCase } from './wire-cases/wire-case.ts'

export type { WireCase } from './wire-cases/wire-case.ts'

/** Every packet that a client may send, and what it may not: named, as bytes, with what a server makes of it. */
export const packetCatalogue: readonly WireCase[] = [
  ...connectCases,
  ...publishCases,
  ...acknowledgementCases,
  ...sessionCases,
]

/** A CONNECT that every server takes, for the packets that come behind one. */
export function plainConnect(version: ProtocolVersion, clientId = 'bee'): Buffer {
  if (version === 3) return packet(0x10, str('MQIsdp'), u8(3, 2), u16(60), str(clientId))
  if (version === 4) return packet(0x10, str('MQTT'), u8(4, 2), u16(60), str(clientId))
  return packet(0x10, str('MQTT'), u8(5, 2), u16(60), u8(0), str(clientId))
}
