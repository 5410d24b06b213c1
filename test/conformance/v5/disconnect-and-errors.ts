import assert from 'node:assert/strict'
import type { IDisconnectPacket } from 'mqtt-packet'
import { mayCarry } from '../../../src/protocol/reason-codes.ts'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { disconnectBytes, PINGREQ, publishBytes, subscribeBytes } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { hex, packet, str, u8 } from '../../support/wire-bytes.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { refusalWithConnack } from '../flows/connecting.ts'
import { repeatedPropertiesAreRefused } from '../flows/format.ts'
import { assertNotAdmitted, closesOn, messagesUntil, payloadsBeforeLast, refuses } from '../flows/steps.ts'
import { disconnectFlags, reservedOptions } from '../flows/subscribing.ts'
import { willDiscarded } from '../flows/wills.ts'
import { refusedConnect } from './connect.ts'

/** Enough for any CONNACK and for no explanation. */
const SMALL = 40

/** Errors of different kinds, each on a connection of its own. */
const MISTAKES: readonly ((bench: Bench) => Buffer)[] = [
  bench => packet(0x36, str(bench.topic()), u8(0, 1, 0)),
  () => packet(0x10, str('MQTT'), u8(5, 2, 0, 0, 0), str('again')),
  bench => publishBytes(5, bench.topic('#'), 'x'),
  bench => publishBytes(5, bench.topic(), 'x', { qos: 1, packetId: 0 }),
  bench => publishBytes(5, bench.topic(), 'x', { properties: [Prop.topicAlias(0)] }),
  bench => publishBytes(5, bench.topic(), 'x', { properties: [Prop.contentType('a'), Prop.contentType('a')] }),
  bench => subscribeBytes(5, 1, [[bench.topic(), 3]]),
  () => hex('f000'),
  () => hex('0000'),
]

/** The DISCONNECT that tells a client of each mistake, and the client; undefined where the server says nothing. */
async function told(
  bench: Bench,
  properties: readonly Buffer[] = [],
): Promise<
  readonly { readonly client: ConformanceClient; readonly disconnect: IDisconnectPacket; readonly bytes: Buffer }[]
> {
  const clients = await Promise.all(
    MISTAKES.map(async mistake => {
      const client = await bench.connect({ properties })
      client.send(mistake(bench), PINGREQ)
      await client.expectClosed()
      return client
    }),
  )
  const seen = clients.flatMap(client =>
    client.arrivals.flatMap(({ packet: disconnect, bytes }) =>
      disconnect.cmd === 'disconnect' ? [{ client, disconnect, bytes }] : [],
    ),
  )
  if (seen.length === 0) throw new NotApplicable('the server closes without DISCONNECT')
  return seen
}

async function disconnectCodes(bench: Bench): Promise<void> {
  for (const { disconnect } of await told(bench)) {
    const code = disconnect.reasonCode ?? 0
    assert.ok(code >= 0x80 && mayCarry('DISCONNECT from server', code), `0x${code.toString(16)}`)
  }
}

async function noExpiryInDisconnect(bench: Bench): Promise<void> {
  for (const { disconnect } of await told(bench)) assert.equal(disconnect.properties?.sessionExpiryInterval, undefined)
}

async function smallDisconnect(bench: Bench): Promise<void> {
  for (const { bytes } of await told(bench, [Prop.maximumPacketSize(SMALL)])) assert.ok(bytes.length <= SMALL)
}

async function nothingAfterDisconnect(bench: Bench): Promise<void> {
  for (const { client } of await told(bench)) assert.equal(client.arrivals.at(-1)?.packet.cmd, 'disconnect')
}

/** A connection that was never accepted gets no DISCONNECT. */
async function noDisconnectBeforeConnack(bench: Bench): Promise<void> {
  const wrong = [PINGREQ, refusedConnect(bench), disconnectBytes(5, 0), hex('10ffffff7f'), hex('f000')]
  await Promise.all(
    wrong.map(async bytes => {
      const client = await bench.open()
      client.send(bytes)
      client.wire.end()
      await client.expectClosed()
      assert.deepEqual(client.bytesOf('disconnect'), [])
    }),
  )
}

/** The server that sends DISCONNECT closes; so it does when the client sent it. */
async function closesAfterDisconnect(bench: Bench): Promise<void> {
  const client = await bench.connect()
  await client.disconnect(0)
  const silent = await bench.connect()
  await silent.disconnect()
}

async function willOnDisconnectWithWill(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'))
  const client = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'gone' } })
  await client.disconnect(4)
  assert.deepEqual(await messagesUntil(subscriber, 'gone'), [])
}

const authFlags = closesOn(
  () => hex('f100'),
  () => hex('f800'),
)

/** A method that nobody knows: refused with 0x8C or 0x87, or just closed. */
async function unknownMethod(bench: Bench): Promise<void> {
  const client = await bench.open()
  const properties = [Prop.authenticationMethod('conformance-no-such-method'), Prop.authenticationData('x')]
  client.send(bench.connectBytes(client.clientId, { properties }))
  await client.expectClosed()
  assertNotAdmitted(client)
  const [connack] = client.untaken('connack')
  if (connack !== undefined) assert.ok([0x8c, 0x87].includes(connack.reasonCode ?? 0))
}

async function noMethodInConnack(bench: Bench): Promise<void> {
  const client = await bench.connect()
  const connack = client.arrivals[0]?.packet
  assert.ok(connack?.cmd === 'connack')
  assert.equal(connack.properties?.authenticationMethod, undefined)
  assert.deepEqual(client.bytesOf('auth'), [])
}

const mistakesClose = closesOn(...MISTAKES)

async function refusalCloses(bench: Bench): Promise<void> {
  const { code } = await refusalWithConnack(bench, refusedConnect(bench))
  assert.ok(code >= 0x80)
}

/** A session expiry that DISCONNECT sets to 0: the session is gone at once. */
async function sessionDiscarded(bench: Bench): Promise<void> {
  const [first, second] = await Promise.all([
    bench.connectLasting(bench.name('one')),
    bench.connect({ as: bench.name('two'), cleanStart: false, properties: [Prop.sessionExpiryInterval(1)] }),
  ])
  await first.subscribe(bench.topic(), 1)
  await first.disconnect(0, [Prop.sessionExpiryInterval(0)])
  await second.disconnect(0)
  await bench.elapse(2.5)
  for (const as of ['one', 'two']) {
    const again = await bench.connectLasting(bench.name(as))
    assert.equal((again.arrivals[0]?.bytes[2] ?? 0) & 1, 0, `the session of ${as} is still there`)
  }
  const publisher = await bench.connect()
  const again = await bench.connectLasting(bench.name('three'))
  await again.subscribe(bench.topic('end'), 1)
  assert.deepEqual(await payloadsBeforeLast(again, publisher, bench.topic('end'), { qos: 1 }), [])
}

const hugeConnect = refuses(() => hex('10ffffffff7f'))

/** DISCONNECT, AUTH, enhanced authentication and errors; the session's end, which DISCONNECT may set. */
export const disconnectAndErrors: readonly ConformanceCase[] = casesOf(5, [
  ['3.14.0-1', 'no DISCONNECT on a connection that was not accepted', noDisconnectBeforeConnack],
  ['3.14.1-1', 'DISCONNECT with flags closes the connection', disconnectFlags],
  ['3.14.2-1', 'DISCONNECT has one of its Reason Codes', disconnectCodes],
  ['3.14.2-2', 'DISCONNECT of the server has no Session Expiry Interval', noExpiryInDisconnect],
  ['3.14.2-3', 'a Reason String does not make DISCONNECT too large', smallDisconnect],
  ['3.14.2-4', 'User Properties do not make DISCONNECT too large', smallDisconnect],
  ['3.14.4-1', 'nothing follows the DISCONNECT of the server', nothingAfterDisconnect],
  ['3.14.4-2', 'after DISCONNECT the connection is closed', closesAfterDisconnect],
  ['3.14.4-3', 'DISCONNECT 0x00 discards the will', willDiscarded],
  ['3.14.4-3', 'DISCONNECT 0x04 does not', willOnDisconnectWithWill],
  ['3.15.1-1', 'AUTH with flags closes the connection', authFlags],
  ['4.1.0-2', 'a session ends with its expiry', sessionDiscarded],
  ['4.12.0-1', 'an Authentication Method that nobody knows is refused', unknownMethod],
  ['4.12.0-6', 'without an Authentication Method there is none in CONNACK', noMethodInConnack],
  ['4.13.1-1', 'every mistake closes the connection', mistakesClose],
  ['4.13.1-1', 'properties that come twice close the connection', repeatedPropertiesAreRefused],
  ['4.13.1-1', 'reserved bits of Subscription Options close the connection', reservedOptions],
  ['4.13.1-1', 'a Remaining Length of five bytes closes the connection', hugeConnect],
  ['4.13.2-1', 'a CONNACK of 0x80 or more is followed by the close', refusalCloses],
])
