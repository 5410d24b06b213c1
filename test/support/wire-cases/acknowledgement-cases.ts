import type { AcknowledgementType } from '../../../src/protocol/packets.ts'
import type { RecordedPacket } from '../packet-recorder.ts'
import { hex, packet, properties, property, str, u16, u8, userProperty } from '../wire-bytes.ts'
import { ALL, illegal, legal, V3, V5 } from './wire-case.ts'
import type { WireCase } from './wire-case.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82

function taken(packetType: AcknowledgementType, packetId: number, reasonCode: number): RecordedPacket {
  return { type: 'acknowledgement', packetType, packetId, reasonCode }
}

interface Kind {
  readonly name: string
  readonly first: number
  readonly packetType: AcknowledgementType
  /** One that it may have, beside Success. */
  readonly reasonCode: number
}

const kinds: readonly Kind[] = [
  { name: 'PUBACK', first: 0x40, packetType: 4, reasonCode: 0x10 },
  { name: 'PUBREC', first: 0x50, packetType: 5, reasonCode: 0x97 },
  { name: 'PUBREL', first: 0x62, packetType: 6, reasonCode: 0x92 },
  { name: 'PUBCOMP', first: 0x70, packetType: 7, reasonCode: 0x92 },
]

function casesOf({ name, first, packetType, reasonCode }: Kind): readonly WireCase[] {
  const reason = u8(reasonCode)
  const explained = properties(property(0x1f, str('why')), userProperty('a', 'b'), userProperty('a', 'b'))
  return [
    legal(name, ALL, packet(first, u16(0x1234)), taken(packetType, 0x1234, 0)),
    legal(`${name} 5 with a reason code`, V5, packet(first, u16(7), reason), taken(packetType, 7, reasonCode)),
    legal(`${name} 5 with no properties`, V5, packet(first, u16(7), reason, u8(0)), taken(packetType, 7, reasonCode)),
    legal(`${name} 5 with properties`, V5, packet(first, u16(7), u8(0), explained), taken(packetType, 7, 0)),
    illegal(`${name} with packet id 0`, ALL, packet(first, u16(0)), PROTOCOL_ERROR),
    illegal(`${name} with other flags`, ALL, packet(first ^ 0x01, u16(7)), MALFORMED),
    illegal(`${name} of one byte`, ALL, packet(first, u8(7)), MALFORMED),
    illegal(`${name} that is empty`, ALL, packet(first), MALFORMED),
    illegal(`${name} with a reason code in MQTT 3`, V3, packet(first, u16(7), u8(0)), MALFORMED),
    illegal(`${name} 5 with an unknown reason code`, V5, packet(first, u16(7), u8(0x55)), PROTOCOL_ERROR),
    illegal(`${name} 5 with a reason code of CONNACK`, V5, packet(first, u16(7), u8(0x8a)), PROTOCOL_ERROR),
    illegal(`${name} 5 with bytes left over`, V5, packet(first, u16(7), u8(0, 0, 0)), MALFORMED),
    illegal(`${name} 5 with properties beyond its end`, V5, packet(first, u16(7), u8(0, 9)), MALFORMED),
    illegal(
      `${name} 5 with a property of PUBLISH`,
      V5,
      packet(first, u16(7), u8(0), properties(property(0x01, u8(1)))),
      MALFORMED,
    ),
    illegal(
      `${name} 5 with two reason strings`,
      V5,
      packet(first, u16(7), u8(0), properties(property(0x1f, str('a')), property(0x1f, str('b')))),
      PROTOCOL_ERROR,
    ),
  ]
}

const otherCases: readonly WireCase[] = [
  legal('PUBREL 3.1 sent again', [3], hex('6a020007'), taken(6, 7, 0)),
  illegal('PUBREL sent again', [4, 5], hex('6a020007'), MALFORMED),
  legal('PINGREQ', ALL, hex('c000'), { type: 'ping' }),
  illegal('PINGREQ with a body', ALL, hex('c00100'), MALFORMED),
  illegal('PINGREQ with flags', ALL, hex('c100'), MALFORMED),
  illegal('a second CONNECT', ALL, packet(0x10, str('MQTT'), u8(4, 2), u16(0), str('b')), PROTOCOL_ERROR),
  illegal('CONNACK from a client', ALL, hex('20020000'), PROTOCOL_ERROR),
  illegal('CONNACK from a client (CVE-2021-28166)', V5, hex('29020001e000'), PROTOCOL_ERROR),
  illegal('SUBACK from a client', ALL, hex('9003000100'), PROTOCOL_ERROR),
  illegal('UNSUBACK from a client', ALL, hex('b0020001'), PROTOCOL_ERROR),
  illegal('UNSUBACK of one byte from a client', ALL, hex('b00100'), PROTOCOL_ERROR),
  illegal('PINGRESP from a client', ALL, hex('d000'), PROTOCOL_ERROR),
  illegal('reserved packet type 0', ALL, hex('0000'), MALFORMED),
  illegal('a remaining length of five bytes (CVE-2025-66168, CVE-2026-40046)', ALL, hex('30ffffffff01'), MALFORMED),
]

/** PUBACK, PUBREC, PUBREL, PUBCOMP, PINGREQ, and what no client may send. */
export const acknowledgementCases: readonly WireCase[] = [...kinds.flatMap(casesOf), ...otherCases]
