import assert from 'node:assert/strict'
import { connectWithFlags, PINGREQ, publishBytes, subscribeBytes } from '../../support/conformance-packets.ts'
import { hex, packet, str, u16, u8 } from '../../support/wire-bytes.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { ILL_FORMED } from './format.ts'
import { assertNotAdmitted, messagesUntil, refuses } from './steps.ts'

const CLEAN = 0x02
/** Codes of CONNACK, of all versions, for a User Name or Password that does not please. */
const CREDENTIALS_REFUSED: ReadonlySet<number> = new Set([4, 5, 0x86, 0x87])
const NONE = u8(0)

/** A CONNECT of the bench's version whose part behind the Keep Alive is the caller's; properties are empty. */
function connectWith(bench: Bench, flags: number, ...payload: readonly Buffer[]): Buffer {
  return packet(0x10, str('MQTT'), u8(bench.version, flags), u16(0), ...noProperties(bench), ...payload)
}

function noProperties({ version }: Bench): readonly Buffer[] {
  return version === 5 ? [NONE] : []
}

export const firstPacketIsConnect = refuses(
  () => PINGREQ,
  bench => publishBytes(bench.version, bench.topic(), 'x'),
  bench => subscribeBytes(bench.version, 1, [[bench.topic(), 0]]),
)

export async function secondConnect(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.send(bench.connectBytes(client.clientId))
  await client.expectClosed()
}

export const otherProtocolName = refuses(
  bench => packet(0x10, str('MQTX'), u8(bench.version, CLEAN), u16(0), ...noProperties(bench), str(bench.name('x'))),
  bench => packet(0x10, str('mqtt'), u8(bench.version, CLEAN), u16(0), ...noProperties(bench), str(bench.name('y'))),
)

export const reservedConnectFlag = refuses(bench =>
  connectWithFlags(bench.version, CLEAN | 1, bench.fields(bench.name('x'))),
)

export const willFieldsMissing = refuses(
  bench => connectWith(bench, CLEAN | 0x04, str(bench.name('x'))),
  bench => connectWith(bench, CLEAN | 0x04, str(bench.name('x')), ...noProperties(bench), str('w')),
)
export const willFieldsWithoutFlag = refuses(bench =>
  connectWith(bench, CLEAN, str(bench.name('x')), ...noProperties(bench), str('w'), str('gone')),
)
export const willQosWithoutFlag = refuses(bench =>
  connectWithFlags(bench.version, CLEAN | 0x08, bench.fields(bench.name('x'))),
)
export const willRetainWithoutFlag = refuses(bench =>
  connectWithFlags(bench.version, CLEAN | 0x20, bench.fields(bench.name('x'))),
)
export const willQos3 = refuses(bench =>
  connectWith(bench, CLEAN | 0x1c, str(bench.name('x')), ...noProperties(bench), str('w'), str('gone')),
)

export const userNameWithoutFlag = refuses(bench => connectWith(bench, CLEAN, str(bench.name('x')), str('user')))
export const userNameMissing = refuses(bench => connectWith(bench, CLEAN | 0x80, str(bench.name('x'))))
export const passwordWithoutFlag = refuses(bench =>
  connectWith(bench, CLEAN | 0x80, str(bench.name('x')), str('user'), str('password')),
)
export const passwordMissing = refuses(bench => connectWith(bench, CLEAN | 0xc0, str(bench.name('x')), str('user')))

export const clientIdMissing = refuses(bench => connectWith(bench, CLEAN))
export const clientIdIllFormed = refuses(
  ...ILL_FORMED.map(bytes => (bench: Bench) => connectWith(bench, CLEAN, str(bytes))),
)
export const userNameIllFormed = refuses(
  ...ILL_FORMED.map(bytes => (bench: Bench) => connectWith(bench, CLEAN | 0x80, str(bench.name('x')), str(bytes))),
)
export const willTopicIllFormed = refuses(
  ...ILL_FORMED.map(
    bytes => (bench: Bench) =>
      connectWith(bench, CLEAN | 0x04, str(bench.name('x')), ...noProperties(bench), str(bytes), str('gone')),
  ),
)

/** Client Identifier, will, User Name and Password, each where it belongs: the will says that they were understood. */
export async function fieldsInOrder(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'))
  const client = await bench.open()
  const fields = {
    username: bench.target.username ?? 'user',
    password: bench.target.password ?? 'password',
    will: { topicName: bench.topic('will'), payload: 'gone' },
  }
  client.send(bench.connectBytes(client.clientId, fields))
  const { reasonCode, returnCode } = await client.expect('connack')
  if (CREDENTIALS_REFUSED.has(reasonCode ?? returnCode ?? 0)) throw new NotApplicable('it wants credentials of its own')
  assert.equal(reasonCode ?? returnCode, 0)
  client.lose()
  assert.deepEqual(await messagesUntil(subscriber, 'gone'), [])
}

/** Two clients, two sessions; the same client, the same session. */
export async function sessionByClientId(bench: Bench): Promise<void> {
  const first = await bench.connectLasting(bench.name('one'))
  await first.subscribe(bench.topic(), 1)
  await first.disconnect()
  const other = await bench.connectLasting(bench.name('two'))
  assert.equal(sessionPresentOf(other), false)
  const again = await bench.connectLasting(bench.name('one'))
  assert.equal(sessionPresentOf(again), true)
}

const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Every allowed character, in identifiers of 23 and of 1. They cannot be the bench's own; the versions differ in where they start. */
export async function ordinaryClientIds(bench: Bench): Promise<void> {
  const letters = LETTERS.slice(bench.version) + LETTERS.slice(0, bench.version)
  const ids = [letters.slice(0, 23), letters.slice(23, 46), letters.slice(46), letters.slice(0, 1)]
  await Promise.all(ids.map(as => bench.connect({ as })))
}

/** Two clients without an identifier do not take each other over. */
export async function emptyClientIds(bench: Bench): Promise<void> {
  const clients = await Promise.all([bench.connect({ clientId: '' }), bench.connect({ clientId: '' })])
  await Promise.all(clients.map(client => client.ping()))
}

export const malformedConnect = refuses(
  bench => connectWith(bench, CLEAN, str(bench.name('x')), u8(0)),
  bench => connectWith(bench, CLEAN, u16(40), Buffer.from('short')),
  () => hex('1000'),
)

/** Whether a server restricts what else may stand in CONNECT is its own affair; when it does, it closes. */
export async function furtherChecks(bench: Bench): Promise<void> {
  const client = await bench.open()
  const will = { topicName: '$SYS/conformance', payload: 'x', qos: 1 } as const
  client.send(bench.connectBytes(client.clientId, { will, keepAliveSeconds: 60 }))
  const connack = await client.expect('connack').catch(() => undefined)
  if (connack !== undefined && (connack.reasonCode ?? connack.returnCode ?? 0) === 0) {
    throw new NotApplicable('a will for $SYS is accepted; no other check can be failed without credentials')
  }
  await client.expectClosed()
}

export async function connectIsAcknowledged(bench: Bench): Promise<void> {
  const client = await bench.connect()
  assert.equal(client.arrivals[0]?.packet.cmd, 'connack')
}

/** The subscriber would see what is sent behind a CONNECT that is refused. */
export async function nothingBehindRefusal(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic(), 1)
  const refused = await bench.open()
  const connect = connectWithFlags(bench.version, CLEAN | 1, bench.fields(refused.clientId))
  refused.send(connect, publishBytes(bench.version, bench.topic(), 'smuggled', { qos: 1, packetId: 1 }))
  await refused.expectClosed()
  assertNotAdmitted(refused)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'honest', { qos: 1 })
  assert.deepEqual(await messagesUntil(subscriber, 'honest'), [])
}

/** What is sent behind CONNECT without waiting is answered behind CONNACK, which comes once. */
export async function connackFirstAndOnce(bench: Bench): Promise<void> {
  const client = await bench.open()
  client.send(
    bench.connectBytes(client.clientId),
    subscribeBytes(bench.version, 1, [[bench.topic(), 1]]),
    publishBytes(bench.version, bench.topic(), 'x', { qos: 1, packetId: 2 }),
    PINGREQ,
  )
  for (const cmd of ['suback', 'puback', 'publish', 'pingresp'] as const) await client.expect(cmd)
  const kinds = client.arrivals.map(({ packet: read }) => read.cmd)
  assert.equal(kinds[0], 'connack')
  assert.equal(kinds.filter(cmd => cmd === 'connack').length, 1)
}

export function sessionPresentOf(client: { readonly arrivals: readonly { readonly bytes: Buffer }[] }): boolean {
  return ((client.arrivals[0]?.bytes[2] ?? 0) & 1) === 1
}

/** A refusal of some kind that comes with a CONNACK, or the reason why there is none. */
export async function refusalWithConnack(bench: Bench, connect: Buffer): Promise<{ flags: number; code: number }> {
  const client = await bench.open()
  client.send(connect)
  await client.expectClosed()
  assertNotAdmitted(client)
  const connack = client.arrivals.find(({ packet: read }) => read.cmd === 'connack')
  if (connack === undefined) throw new NotApplicable('the refusal comes without a CONNACK')
  return { flags: connack.bytes[2] ?? 0, code: connack.bytes[3] ?? 0 }
}
