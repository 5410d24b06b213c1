import type { RecordedPublish } from '../packet-recorder.ts'
import { hex, packet, properties, property, str, u16, u32, u8, userProperty, varint } from '../wire-bytes.ts'
import { ALL, illegal, legal, V3, V5 } from './wire-case.ts'
import type { WireCase } from './wire-case.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82
const TOPIC_ALIAS_INVALID = 0x94

const hello = Buffer.from('hello')
const plain: RecordedPublish = {
  type: 'publish',
  topicName: 'a/b',
  qos: 0,
  retain: false,
  duplicate: false,
  packetId: 0,
  topicAlias: 0,
  messageExpiryIntervalSeconds: -1,
  properties: '',
  payload: hello.toString('hex'),
}
const qos1: RecordedPublish = { ...plain, qos: 1, packetId: 7 }

function publish5(...parts: readonly Buffer[]): Buffer {
  return packet(0x30, str('a/b'), properties(...parts), hello)
}

function kept(...parts: readonly Buffer[]): string {
  return Buffer.concat(parts).toString('hex')
}

const userA = userProperty('a', '1')
const userB = userProperty('b', '2')
const expiry = property(0x02, u32(60))
const alias = property(0x23, u16(3))

const legalCases: readonly WireCase[] = [
  legal('PUBLISH QoS 0', V3, packet(0x30, str('a/b'), hello), plain),
  legal('PUBLISH QoS 1', V3, packet(0x32, str('a/b'), u16(7), hello), qos1),
  legal('PUBLISH QoS 2, retain, sent again', V3, packet(0x3d, str('a/b'), u16(7), hello), {
    ...qos1,
    qos: 2,
    retain: true,
    duplicate: true,
  }),
  legal('PUBLISH without payload', V3, packet(0x30, str('a/b')), { ...plain, payload: '' }),
  legal('PUBLISH to an invalid topic name, which the receiver finds out', V3, packet(0x30, str('a/#'), hello), {
    ...plain,
    topicName: undefined,
  }),
  legal('PUBLISH to a topic with NUL, which the receiver finds out', V3, packet(0x30, str('a\0'), hello), {
    ...plain,
    topicName: undefined,
  }),
  legal('PUBLISH with a remaining length longer than needed', V3, hex('308a8000 0003 612f62 68656c6c6f'), plain),
  legal('PUBLISH to a topic beginning with $ (CVE-2018-12543)', V3, packet(0x30, str('$foo'), hello), {
    ...plain,
    topicName: '$foo',
  }),
  legal('PUBLISH 5 QoS 0', V5, publish5(), plain),
  legal('PUBLISH 5 QoS 1', V5, packet(0x32, str('a/b'), u16(7), properties(), hello), qos1),
  legal('PUBLISH 5 with user properties, order and repeats kept', V5, publish5(userB, userA, userB), {
    ...plain,
    properties: kept(userB, userA, userB),
  }),
  legal('PUBLISH 5 with an alias before its other properties', V5, publish5(alias, userA, userB), {
    ...plain,
    topicAlias: 3,
    properties: kept(userA, userB),
  }),
  legal('PUBLISH 5 with an expiry behind its other properties', V5, publish5(userA, userB, expiry), {
    ...plain,
    messageExpiryIntervalSeconds: 60,
    properties: kept(userA, userB),
  }),
  legal('PUBLISH 5 with what is left out in the middle', V5, publish5(userA, alias, userB, expiry, userA), {
    ...plain,
    topicAlias: 3,
    messageExpiryIntervalSeconds: 60,
    properties: kept(userA, userB, userA),
  }),
  legal('PUBLISH 5 with nothing but what is left out', V5, publish5(expiry, alias), {
    ...plain,
    topicAlias: 3,
    messageExpiryIntervalSeconds: 60,
  }),
  legal('PUBLISH 5 with an alias and no topic', V5, packet(0x30, str(''), properties(alias), hello), {
    ...plain,
    topicName: undefined,
    topicAlias: 3,
  }),
  legal(
    'PUBLISH 5 with every property',
    V5,
    publish5(
      property(0x01, u8(1)),
      property(0x03, str('text/plain')),
      property(0x08, str('re/ply')),
      property(0x09, str('id')),
    ),
    {
      ...plain,
      properties: kept(
        property(0x01, u8(1)),
        property(0x03, str('text/plain')),
        property(0x08, str('re/ply')),
        property(0x09, str('id')),
      ),
    },
  ),
]

const illegalCases: readonly WireCase[] = [
  illegal('PUBLISH with QoS 3', ALL, packet(0x36, str('a/b'), u16(7), hello), MALFORMED),
  illegal('PUBLISH with DUP at QoS 0', ALL, packet(0x38, str('a/b'), u8(0), hello), MALFORMED),
  illegal('PUBLISH QoS 1 with packet id 0', ALL, packet(0x32, str('a/b'), u16(0), u8(0)), PROTOCOL_ERROR),
  illegal('PUBLISH QoS 2 with packet id 0', ALL, packet(0x34, str('a/b'), u16(0), u8(0)), PROTOCOL_ERROR),
  illegal('PUBLISH without topic', V3, packet(0x30, str(''), hello), PROTOCOL_ERROR),
  illegal(
    'PUBLISH 5 without topic or alias (CVE-2021-34432)',
    V5,
    packet(0x30, str(''), properties(), hello),
    PROTOCOL_ERROR,
  ),
  illegal(
    'PUBLISH 5 without topic or alias, but properties',
    V5,
    packet(0x30, str(''), properties(userA)),
    PROTOCOL_ERROR,
  ),
  illegal('PUBLISH that is empty', ALL, hex('3000'), MALFORMED),
  illegal('PUBLISH whose topic is cut short', ALL, packet(0x30, u16(9), hello), MALFORMED),
  illegal('PUBLISH whose packet id is cut short (nanomq#2270)', ALL, packet(0x32, str('a/b'), u8(1)), MALFORMED),
  illegal('PUBLISH 5 without property length', V5, packet(0x30, str('a/b')), MALFORMED),
  illegal('PUBLISH 5 with properties beyond its end', V5, packet(0x30, str('a/b'), u8(9), hello), MALFORMED),
  illegal('PUBLISH 5 with an incomplete property length', V5, packet(0x30, str('a/b'), u8(0x80)), MALFORMED),
  illegal('PUBLISH 5 with topic alias 0', V5, publish5(property(0x23, u16(0))), TOPIC_ALIAS_INVALID),
  illegal('PUBLISH 5 with two topic aliases', V5, publish5(alias, alias), PROTOCOL_ERROR),
  illegal('PUBLISH 5 with two expiries', V5, publish5(expiry, userA, expiry), PROTOCOL_ERROR),
  illegal('PUBLISH 5 with a subscription identifier', V5, publish5(property(0x0b, varint(1))), PROTOCOL_ERROR),
  illegal('PUBLISH 5 with receive maximum', V5, publish5(property(0x21, u16(1))), MALFORMED),
  illegal('PUBLISH 5 with an unknown property', V5, publish5(property(0x04, u8(1))), MALFORMED),
  illegal('PUBLISH 5 with property identifier 0', V5, publish5(property(0x00, u8(1))), MALFORMED),
  illegal('PUBLISH 5 with payload format indicator 2', V5, publish5(property(0x01, u8(2))), PROTOCOL_ERROR),
  illegal('PUBLISH 5 with a wildcard in its response topic', V5, publish5(property(0x08, str('a/+'))), PROTOCOL_ERROR),
  illegal('PUBLISH 5 with an empty response topic', V5, publish5(property(0x08, str(''))), PROTOCOL_ERROR),
  illegal(
    'PUBLISH 5 with a content type that is not UTF-8',
    V5,
    publish5(property(0x03, str(u8(0xc0, 0x80)))),
    MALFORMED,
  ),
  illegal('PUBLISH 5 with a property beyond the property length', V5, publish5(u8(0x26, 0, 9, 65)), MALFORMED),
  illegal('PUBLISH 5 with 1,001 user properties', V5, publish5(...Array<Buffer>(1001).fill(userA)), 0x97),
]

/** PUBLISH. */
export const publishCases: readonly WireCase[] = [...legalCases, ...illegalCases]
