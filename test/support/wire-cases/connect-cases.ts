import type { ConnectPacket } from '../../../src/protocol/packets.ts'
import { hex, packet, properties, property, str, u16, u32, u8, userProperty } from '../wire-bytes.ts'
import { illegalFirst, legalFirst } from './wire-case.ts'
import type { WireCase } from './wire-case.ts'

const MALFORMED = 0x81
const PROTOCOL_ERROR = 0x82
const UNSUPPORTED = 0x84

const NONE = properties()
const bytes0: Buffer = Buffer.alloc(0)

/** CONNECT of MQTT 5 from its flags on; Keep Alive is 60. */
function connect5(flags: number, connectProperties: Buffer, ...payload: readonly Buffer[]): Buffer {
  return packet(0x10, str('MQTT'), u8(5, flags), u16(60), connectProperties, ...payload)
}

function connect4(flags: number, ...payload: readonly Buffer[]): Buffer {
  return packet(0x10, str('MQTT'), u8(4, flags), u16(60), ...payload)
}

function connect3(flags: number, ...payload: readonly Buffer[]): Buffer {
  return packet(0x10, str('MQIsdp'), u8(3, flags), u16(60), ...payload)
}

const plain: ConnectPacket = {
  type: 'connect',
  protocolVersion: 5,
  clientId: 'bee',
  cleanStart: true,
  keepAliveSeconds: 60,
  username: undefined,
  password: undefined,
  will: undefined,
  sessionExpiryIntervalSeconds: undefined,
  receiveMaximum: 65_535,
  maximumPacketSizeBytes: undefined,
  topicAliasMaximum: 0,
  requestResponseInformation: false,
  requestProblemInformation: true,
  authenticationMethod: undefined,
  authenticationData: undefined,
  userProperties: [],
}

const willPart = [properties(), str('will/topic'), str('gone')]

/** Will properties in an order of their own, with what goes on to receivers between what does not. */
const willProperties = properties(
  userProperty('b', '1'),
  property(0x18, u32(30)),
  property(0x03, str('text/plain')),
  property(0x02, u32(120)),
  userProperty('a', '2'),
  property(0x01, u8(1)),
)
const forwardedWillProperties = Buffer.concat([
  userProperty('b', '1'),
  property(0x03, str('text/plain')),
  userProperty('a', '2'),
  property(0x01, u8(1)),
])

const everyConnectProperty = properties(
  property(0x11, u32(3600)),
  userProperty('colour', ''),
  property(0x21, u16(20)),
  property(0x27, u32(100_000)),
  property(0x22, u16(10)),
  property(0x19, u8(1)),
  userProperty('__proto__', 'x'),
  property(0x17, u8(0)),
  property(0x15, str('K')),
  property(0x16, str(u8(0, 255))),
  userProperty('colour', 'blue'),
)

const legalCases: readonly WireCase[] = [
  legalFirst('CONNECT 3.1', 3, connect3(0x02, str('bee')), { ...plain, protocolVersion: 3 }),
  legalFirst('CONNECT 3.1.1', 4, connect4(0x02, str('bee')), { ...plain, protocolVersion: 4 }),
  legalFirst('CONNECT 5', 5, connect5(0x02, NONE, str('bee')), plain),
  legalFirst('CONNECT 3.1.1 without client id or clean session, which CONNACK refuses', 4, connect4(0, str('')), {
    ...plain,
    protocolVersion: 4,
    clientId: '',
    cleanStart: false,
  }),
  legalFirst(
    'CONNECT 3.1.1 with all fields',
    4,
    connect4(0xee, str('bee'), str('w/t'), str('gone'), str('u'), str('p')),
    {
      ...plain,
      protocolVersion: 4,
      username: 'u',
      password: Buffer.from('p'),
      will: {
        topicName: 'w/t',
        payload: Buffer.from('gone'),
        qos: 1,
        retain: true,
        delayIntervalSeconds: 0,
        messageExpiryIntervalSeconds: undefined,
        properties: bytes0,
      },
    },
  ),
  legalFirst('CONNECT 5 with a password and no user name', 5, connect5(0x42, NONE, str('bee'), str('jwt')), {
    ...plain,
    password: Buffer.from('jwt'),
  }),
  legalFirst('CONNECT 5 with every property', 5, connect5(0x02, everyConnectProperty, str('bee')), {
    ...plain,
    sessionExpiryIntervalSeconds: 3600,
    receiveMaximum: 20,
    maximumPacketSizeBytes: 100_000,
    topicAliasMaximum: 10,
    requestResponseInformation: true,
    requestProblemInformation: false,
    authenticationMethod: 'K',
    authenticationData: u8(0, 255),
    userProperties: [
      { name: 'colour', value: '' },
      { name: '__proto__', value: 'x' },
      { name: 'colour', value: 'blue' },
    ],
  }),
  legalFirst(
    'CONNECT 5 with a will whose properties keep their order',
    5,
    connect5(0x16, NONE, str('bee'), willProperties, str('w/t'), str('')),
    {
      ...plain,
      will: {
        topicName: 'w/t',
        payload: bytes0,
        qos: 2,
        retain: false,
        delayIntervalSeconds: 30,
        messageExpiryIntervalSeconds: 120,
        properties: forwardedWillProperties,
      },
    },
  ),
  legalFirst('CONNECT 5 whose client id has a byte order mark and an emoji', 5, connect5(0x02, NONE, str('\ufeff🐝')), {
    ...plain,
    clientId: '\ufeff🐝',
  }),
]

/** A CONNECT of MQTT 5 that is refused, answered in MQTT 5. */
function illegal5(name: string, violation: number, bytes: Buffer): WireCase {
  return illegalFirst(`CONNECT 5 with ${name}`, 5, bytes, violation, 5)
}

function withProperty(name: string, violation: number, ...parts: readonly Buffer[]): WireCase {
  return illegal5(name, violation, connect5(0x02, properties(...parts), str('bee')))
}

function withWillProperty(name: string, violation: number, ...parts: readonly Buffer[]): WireCase {
  return illegal5(name, violation, connect5(0x06, NONE, str('bee'), properties(...parts), str('w'), str('')))
}

const illegalCases: readonly WireCase[] = [
  illegal5('reserved flag', MALFORMED, connect5(0x03, NONE, str('bee'))),
  illegal5('will QoS 3', MALFORMED, connect5(0x1e, NONE, str('bee'), ...willPart)),
  illegal5('will QoS and no will', MALFORMED, connect5(0x0a, NONE, str('bee'))),
  illegal5('will retain and no will', MALFORMED, connect5(0x22, NONE, str('bee'))),
  illegal5('bytes left over', MALFORMED, connect5(0x02, NONE, str('bee'), u8(0))),
  illegal5('a user name that is not there', MALFORMED, connect5(0x82, NONE, str('bee'))),
  illegal5('a client id that is not UTF-8', MALFORMED, connect5(0x02, NONE, str(u8(0xc3, 0x28)))),
  illegal5('NUL in the client id', MALFORMED, connect5(0x02, NONE, str('a\0b'))),
  illegal5('a control character in the user name', MALFORMED, connect5(0x82, NONE, str('bee'), str('a\nb'))),
  illegal5(
    'a surrogate in the will topic',
    MALFORMED,
    connect5(0x06, NONE, str('b'), NONE, str(hex('eda080')), str('')),
  ),
  illegal5('properties beyond the end', MALFORMED, connect5(0x02, u8(200), str('bee'))),
  illegal5(
    'a property length of five bytes (CVE-2026-21888)',
    MALFORMED,
    connect5(0x02, hex('8080808001'), str('bee')),
  ),
  illegal5('an overlong property length', MALFORMED, connect5(0x02, hex('8000'), str('bee'))),
  withProperty('an unknown property (rabbitmq#17039)', MALFORMED, property(0x7f, u8(0))),
  withProperty('a property of PUBLISH (CVE-2023-3592)', MALFORMED, property(0x23, u16(1))),
  withProperty('a property cut short', MALFORMED, property(0x11, u16(1))),
  withProperty('a repeated property', PROTOCOL_ERROR, property(0x11, u32(0)), property(0x11, u32(0))),
  withProperty('receive maximum 0 (rabbitmq#17035)', PROTOCOL_ERROR, property(0x21, u16(0))),
  withProperty('maximum packet size 0', PROTOCOL_ERROR, property(0x27, u32(0))),
  withProperty('request response information 2', PROTOCOL_ERROR, property(0x19, u8(2))),
  withProperty('request problem information 2', PROTOCOL_ERROR, property(0x17, u8(2))),
  withProperty('authentication data but no method', PROTOCOL_ERROR, property(0x16, str('x'))),
  withProperty(
    'a user property that is not UTF-8',
    MALFORMED,
    property(0x26, Buffer.concat([str('a'), str(u8(0xff))])),
  ),
  withProperty('1,001 user properties (CVE-2021-41039)', 0x97, ...Array<Buffer>(1001).fill(userProperty('a', 'b'))),
  withWillProperty('a will property of CONNECT (CVE-2021-34431)', MALFORMED, property(0x21, u16(1))),
  withWillProperty('a repeated will property', PROTOCOL_ERROR, property(0x18, u32(1)), property(0x18, u32(1))),
  withWillProperty('a will payload format indicator of 2', PROTOCOL_ERROR, property(0x01, u8(2))),
  withWillProperty('a wildcard in the will response topic', PROTOCOL_ERROR, property(0x08, str('a/#'))),
  illegalFirst('CONNECT 3.1.1 with reserved flag', 4, connect4(0x03, str('bee')), MALFORMED, undefined),
  illegalFirst(
    'CONNECT 3.1.1 with a password and no user name',
    4,
    connect4(0x42, str('b'), str('p')),
    MALFORMED,
    undefined,
  ),
  illegalFirst('CONNECT 3.1 with bytes left over', 3, connect3(0x02, str('bee'), u8(0)), MALFORMED, undefined),
  illegalFirst('CONNECT of level 6', 5, packet(0x10, str('MQTT'), u8(6, 2), u16(0), str('')), UNSUPPORTED, 5),
  illegalFirst(
    'CONNECT of level 3 by the name MQTT',
    4,
    packet(0x10, str('MQTT'), u8(3, 2), u16(0), str('b')),
    UNSUPPORTED,
    4,
  ),
  illegalFirst(
    'CONNECT of a Mosquitto bridge',
    4,
    packet(0x10, str('MQTT'), u8(0x84, 2), u16(0), str('b')),
    UNSUPPORTED,
    4,
  ),
  illegalFirst(
    'CONNECT of level 4 by the name MQIsdp',
    3,
    packet(0x10, str('MQIsdp'), u8(4, 2), u16(0), str('b')),
    UNSUPPORTED,
    3,
  ),
  illegalFirst(
    'CONNECT of an unknown protocol',
    5,
    packet(0x10, str('AMQP'), u8(5, 2), u16(0), str('b')),
    UNSUPPORTED,
    undefined,
  ),
  illegalFirst('CONNECT with flags in its fixed header', 5, packet(0x11, str('MQTT')), PROTOCOL_ERROR, undefined),
  illegalFirst('CONNECT that is empty', 5, hex('1000'), MALFORMED, undefined),
  illegalFirst('PUBLISH before CONNECT (CVE-2023-0809)', 5, hex('30ffffff7f'), PROTOCOL_ERROR, undefined),
  illegalFirst('AUTH before CONNECT', 5, hex('f000'), PROTOCOL_ERROR, undefined),
  illegalFirst('a TLS client hello', 5, hex('160301'), PROTOCOL_ERROR, undefined),
  illegalFirst('an HTTP request', 5, Buffer.from('GET / HTTP/1.1\r\n\r\n'), PROTOCOL_ERROR, undefined),
  illegalFirst('CONNECT 5 larger than what is taken from strangers', 5, hex('10ffffff7f 00044d51545405'), 0x95, 5),
  illegalFirst(
    'CONNECT 3.1.1 larger than what is taken from strangers',
    4,
    hex('10ffffff7f 00044d51545404'),
    0x95,
    undefined,
  ),
  illegalFirst('CONNECT with a remaining length of five bytes', 5, hex('10ffffffff7f'), MALFORMED, undefined),
]

/** CONNECT, and what comes where a CONNECT should. */
export const connectCases: readonly WireCase[] = [...legalCases, ...illegalCases]
