import { hex, packet, properties, property, str, u16, u32, u8, userProperty, varint } from '../wire-bytes.ts'
import { ALL, illegal, legal, V3, V5 } from './wire-case.ts'
import type { WireCase } from './wire-case.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82
const NONE = properties()

const qos0 = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const

const subscribeCases: readonly WireCase[] = [
  legal('SUBSCRIBE', V3, packet(0x82, u16(1), str('a/#'), u8(1), str('b'), u8(2)), {
    type: 'subscribe',
    packetId: 1,
    subscriptionIdentifier: undefined,
    subscriptions: [
      { ...qos0, topicFilter: 'a/#', qos: 1 },
      { ...qos0, topicFilter: 'b', qos: 2 },
    ],
  }),
  legal(
    'SUBSCRIBE 5 with every option',
    V5,
    packet(
      0x82,
      u16(1),
      properties(property(0x0b, varint(300)), userProperty('a', 'b')),
      str('$share/g/a'),
      u8(0x1a),
      str('b'),
      u8(0x24),
    ),
    {
      type: 'subscribe',
      packetId: 1,
      subscriptionIdentifier: 300,
      subscriptions: [
        { topicFilter: '$share/g/a', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 1 },
        { topicFilter: 'b', qos: 0, noLocal: true, retainAsPublished: false, retainHandling: 2 },
      ],
    },
  ),
  legal('SUBSCRIBE to an invalid filter, which SUBACK refuses', V5, packet(0x82, u16(1), NONE, str('a#'), u8(0)), {
    type: 'subscribe',
    packetId: 1,
    subscriptionIdentifier: undefined,
    subscriptions: [{ ...qos0, topicFilter: 'a#' }],
  }),
  legal('SUBSCRIBE 3.1 sent again', [3], packet(0x8a, u16(1), str('a'), u8(0)), {
    type: 'subscribe',
    packetId: 1,
    subscriptionIdentifier: undefined,
    subscriptions: [{ ...qos0, topicFilter: 'a' }],
  }),
  illegal('SUBSCRIBE with flags 0', ALL, packet(0x80, u16(1), NONE, str('a'), u8(0)), MALFORMED),
  illegal('SUBSCRIBE sent again', [4, 5], packet(0x8a, u16(1), NONE, str('a'), u8(0)), MALFORMED),
  illegal('SUBSCRIBE with packet id 0', V3, packet(0x82, u16(0), str('a'), u8(0)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE 5 with packet id 0', V5, packet(0x82, u16(0), NONE, str('a'), u8(0)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE without filters', V3, packet(0x82, u16(1)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE 5 without filters', V5, packet(0x82, u16(1), NONE), PROTOCOL_ERROR),
  illegal('SUBSCRIBE without options (nanomq#2268)', V3, packet(0x82, u16(1), str('a')), MALFORMED),
  illegal('SUBSCRIBE whose filter is cut short', V3, packet(0x82, u16(1), u16(5), u8(97)), MALFORMED),
  illegal('SUBSCRIBE with QoS 3', V3, packet(0x82, u16(1), str('a'), u8(3)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE with MQTT 5 options in MQTT 3', V3, packet(0x82, u16(1), str('a'), u8(4)), MALFORMED),
  illegal('SUBSCRIBE 5 with QoS 3', V5, packet(0x82, u16(1), NONE, str('a'), u8(3)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE 5 with retain handling 3', V5, packet(0x82, u16(1), NONE, str('a'), u8(0x30)), PROTOCOL_ERROR),
  illegal('SUBSCRIBE 5 with reserved option bits', V5, packet(0x82, u16(1), NONE, str('a'), u8(0x40)), MALFORMED),
  illegal(
    'SUBSCRIBE 5 with no local on a shared one',
    V5,
    packet(0x82, u16(1), NONE, str('$share/g/a'), u8(4)),
    PROTOCOL_ERROR,
  ),
  illegal('SUBSCRIBE with 10,001 filters', V3, packet(0x82, u16(1), Buffer.alloc(40_004, hex('00016100'))), 0x97),
  illegal('SUBSCRIBE with a filter that is not UTF-8', V3, packet(0x82, u16(1), str(u8(0xf8)), u8(0)), MALFORMED),
  illegal(
    'SUBSCRIBE 5 with subscription identifier 0',
    V5,
    packet(0x82, u16(1), properties(property(0x0b, u8(0))), str('a'), u8(0)),
    PROTOCOL_ERROR,
  ),
  illegal(
    'SUBSCRIBE 5 with two subscription identifiers',
    V5,
    packet(0x82, u16(1), properties(property(0x0b, u8(1)), property(0x0b, u8(2))), str('a'), u8(0)),
    PROTOCOL_ERROR,
  ),
  illegal(
    'SUBSCRIBE 5 with a reason string',
    V5,
    packet(0x82, u16(1), properties(property(0x1f, str('x'))), str('a'), u8(0)),
    MALFORMED,
  ),
]

const manyFilters = Array<Buffer>(10_001).fill(str('a'))

const unsubscribeCases: readonly WireCase[] = [
  legal('UNSUBSCRIBE', V3, packet(0xa2, u16(2), str('a/#'), str('b')), {
    type: 'unsubscribe',
    packetId: 2,
    topicFilters: ['a/#', 'b'],
  }),
  legal('UNSUBSCRIBE 5', V5, packet(0xa2, u16(2), properties(userProperty('a', 'b')), str('a/#')), {
    type: 'unsubscribe',
    packetId: 2,
    topicFilters: ['a/#'],
  }),
  legal('UNSUBSCRIBE 3.1 sent again', [3], packet(0xaa, u16(2), str('a')), {
    type: 'unsubscribe',
    packetId: 2,
    topicFilters: ['a'],
  }),
  illegal('UNSUBSCRIBE with flags 0', ALL, packet(0xa0, u16(2), str('a')), MALFORMED),
  illegal('UNSUBSCRIBE with packet id 0', V3, packet(0xa2, u16(0), str('a')), PROTOCOL_ERROR),
  illegal('UNSUBSCRIBE without filters', V3, packet(0xa2, u16(2)), PROTOCOL_ERROR),
  illegal('UNSUBSCRIBE with 10,001 filters', V3, packet(0xa2, u16(1), ...manyFilters), 0x97),
  illegal('UNSUBSCRIBE 5 without filters', V5, packet(0xa2, u16(2), NONE), PROTOCOL_ERROR),
  illegal(
    'UNSUBSCRIBE 5 with a subscription identifier',
    V5,
    packet(0xa2, u16(2), properties(u8(0x0b, 1)), str('a')),
    MALFORMED,
  ),
]

const endCases: readonly WireCase[] = [
  legal('DISCONNECT', ALL, hex('e000'), { type: 'disconnect', reasonCode: 0, sessionExpiryIntervalSeconds: undefined }),
  legal('DISCONNECT 5 with a reason code only', V5, hex('e00104'), {
    type: 'disconnect',
    reasonCode: 4,
    sessionExpiryIntervalSeconds: undefined,
  }),
  legal(
    'DISCONNECT 5 with properties',
    V5,
    packet(0xe0, u8(0), properties(property(0x11, u32(9)), property(0x1f, str('bye')), userProperty('a', 'b'))),
    { type: 'disconnect', reasonCode: 0, sessionExpiryIntervalSeconds: 9 },
  ),
  illegal('DISCONNECT with a body', V3, hex('e00100'), MALFORMED),
  illegal('DISCONNECT with flags', ALL, hex('e100'), MALFORMED),
  legal('DISCONNECT 5 for an error', V5, hex('e00180'), {
    type: 'disconnect',
    reasonCode: 0x80,
    sessionExpiryIntervalSeconds: undefined,
  }),
  illegal('DISCONNECT 5 with a truncated property length', V5, hex('e0020080'), MALFORMED),
  illegal('DISCONNECT 5 with a truncated property', V5, hex('e00400021100'), MALFORMED),
  illegal('DISCONNECT 5 with a reason code of the server', V5, hex('e0018e'), PROTOCOL_ERROR),
  illegal(
    'DISCONNECT 5 with a server reference',
    V5,
    packet(0xe0, u8(0), properties(property(0x1c, str('x')))),
    PROTOCOL_ERROR,
  ),
  illegal('DISCONNECT 5 with bytes left over', V5, hex('e003000000'), MALFORMED),
  legal('AUTH 5', V5, packet(0xf0, u8(0x18), properties(property(0x15, str('K')), property(0x16, str('data')))), {
    type: 'auth',
    reasonCode: 0x18,
    authenticationMethod: 'K',
    authenticationData: Buffer.from('data'),
  }),
  illegal('AUTH 5 without content', V5, hex('f000'), PROTOCOL_ERROR),
  illegal('AUTH 5 with a reason code only', V5, hex('f00118'), MALFORMED),
  illegal('AUTH 5 without method', V5, packet(0xf0, u8(0x19), NONE), PROTOCOL_ERROR),
  illegal(
    'AUTH 5 with an unknown reason code',
    V5,
    packet(0xf0, u8(0x20), properties(property(0x15, str('K')))),
    PROTOCOL_ERROR,
  ),
  illegal('AUTH in MQTT 3', V3, packet(0xf0, u8(0x18), properties(property(0x15, str('K')))), MALFORMED),
]

/** SUBSCRIBE, UNSUBSCRIBE, DISCONNECT and AUTH. */
export const sessionCases: readonly WireCase[] = [...subscribeCases, ...unsubscribeCases, ...endCases]
