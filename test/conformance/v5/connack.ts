import assert from 'node:assert/strict'
import type { IConnackPacket } from 'mqtt-packet'
import { mayCarry } from '../../../src/protocol/reason-codes.ts'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { connackFirstAndOnce, refusalWithConnack } from '../flows/connecting.ts'
import { cleanStartDiscards, newSession, sessionGoesOn, silentClient } from '../flows/sessions.ts'
import { assertNotAdmitted, nextPayload } from '../flows/steps.ts'
import { refusedConnect } from './connect.ts'

/** Whatever it answers, an error in a CONNECT is no reason for a DISCONNECT; nor is another CONNACK. */
async function reservedAcknowledgeFlags(bench: Bench): Promise<void> {
  const fresh = await bench.connect()
  const lasting = await bench.connectLasting(bench.name('lasting'))
  await lasting.disconnect()
  const again = await bench.connectLasting(bench.name('lasting'))
  assert.deepEqual(
    [fresh, again].map(({ arrivals }) => arrivals[0]?.bytes[2]),
    [0, 1],
  )
}

async function refusalHasNoSession(bench: Bench): Promise<void> {
  const lasting = await bench.connectLasting(bench.name('refused'))
  await lasting.disconnect()
  const { flags } = await refusalWithConnack(bench, refusedConnect(bench))
  assert.equal(flags, 0)
}

async function refusalCode(bench: Bench): Promise<void> {
  const { code } = await refusalWithConnack(bench, refusedConnect(bench))
  assert.ok(code >= 0x80 && mayCarry('CONNACK', code), `0x${code.toString(16)}`)
}

function connackOf(client: ConformanceClient): IConnackPacket {
  const connack = client.arrivals[0]?.packet
  assert.ok(connack?.cmd === 'connack')
  return connack
}

/** A server that announces no Maximum QoS takes every QoS; one that does keeps to what it said. */
async function maximumQoS(bench: Bench): Promise<void> {
  const client = await bench.connect()
  const maximum = connackOf(client).properties?.maximumQoS ?? 2
  await client.subscribe(bench.topic(), 2)
  for (const qos of ([0, 1, 2] as const).filter(level => level <= maximum)) {
    assert.ok((await client.publish(bench.topic(), `${qos}`, { qos })) < 0x80)
    assert.equal(await nextPayload(client), `${qos}`)
  }
}

async function everyQoSInSubscribe(bench: Bench): Promise<void> {
  const client = await bench.connect()
  for (const qos of [0, 1, 2]) {
    const [granted = 0x80] = await client.subscribe(bench.topic(`${qos}`), qos)
    assert.ok(granted <= qos)
  }
}

/** A will beyond what is announced is refused; without such a limit there is none to refuse. */
async function refusedWill(bench: Bench, limit: 'maximumQoS' | 'retainAvailable'): Promise<void> {
  const { properties } = connackOf(await bench.connect())
  const limited = limit === 'maximumQoS' ? (properties?.maximumQoS ?? 2) < 2 : properties?.retainAvailable === false
  const client = await bench.open()
  const will = { topicName: bench.topic('will'), payload: 'x', qos: 2, retain: limit === 'retainAvailable' } as const
  client.send(bench.connectBytes(client.clientId, { will }))
  if (!limited) {
    const connack = await client.expect('connack')
    assert.equal(connack.reasonCode, 0, 'there is no limit and yet the will is refused')
    return
  }
  await client.expectClosed()
  assertNotAdmitted(client)
}

async function newClientId(bench: Bench): Promise<void> {
  const clients = await Promise.all([bench.connect({ clientId: '' }), bench.connect({ clientId: '' })])
  const ids = clients.map(client => connackOf(client).properties?.assignedClientIdentifier)
  assert.ok(ids.every(id => id !== undefined && id !== ''))
  assert.equal(new Set(ids).size, 2)
}

/** A refusal that might explain itself, to a client that takes very little. */
async function smallConnack(bench: Bench): Promise<void> {
  for (const [properties, most] of [
    [[Prop.maximumPacketSize(8)], 8],
    [[Prop.maximumPacketSize(20)], 20],
  ] as const) {
    const client = await bench.open()
    client.send(bench.connectBytes('', { properties, will: { topicName: '$SYS/conformance', payload: 'x', qos: 1 } }))
    const answer = await client.expect('connack').catch(() => undefined)
    if (answer === undefined) await client.expectClosed()
    for (const { bytes, packet } of client.arrivals) {
      // What the server must tell may be larger; what it might leave out may not make it so.
      const optional =
        packet.cmd === 'connack' && (packet.properties?.reasonString ?? packet.properties?.userProperties)
      if (optional !== undefined && optional !== false) assert.ok(bytes.length <= most)
    }
  }
}

/** Where the server overrules the Keep Alive it says so; where it does not, the client's holds. */
async function ownKeepAlive(bench: Bench): Promise<void> {
  const client = await bench.connect({ keepAliveSeconds: 60 })
  if (connackOf(client).properties?.serverKeepAlive !== undefined)
    throw new NotApplicable('a Server Keep Alive is sent')
  await silentClient(bench)
}

/** CONNACK. */
export const connack: readonly ConformanceCase[] = casesOf(5, [
  ['3.2.0-1', 'CONNACK comes before the answers to what was pipelined', connackFirstAndOnce],
  ['3.2.0-2', 'CONNACK comes once', connackFirstAndOnce],
  ['3.2.2-1', 'the Connect Acknowledge Flags are 0 or 1', reservedAcknowledgeFlags],
  ['3.2.2-2', 'Session Present is 0 with Clean Start though there was a session', cleanStartDiscards],
  ['3.2.2-3', 'Session Present is 1 for a session that is there', sessionGoesOn],
  ['3.2.2-3', 'Session Present is 0 for a new session', newSession],
  ['3.2.2-6', 'Session Present is 0 in a refusal', refusalHasNoSession],
  ['3.2.2-7', 'a refusal closes the connection', refusalCode],
  ['3.2.2-8', 'a refusal has a Reason Code of CONNACK', refusalCode],
  ['3.2.2-9', 'every QoS that is not excluded works', maximumQoS],
  ['3.2.2-10', 'every QoS may be asked for in SUBSCRIBE', everyQoSInSubscribe],
  [
    '3.2.2-12',
    'a Will QoS is refused if it is above the maximum, and only then',
    bench => refusedWill(bench, 'maximumQoS'),
  ],
  [
    '3.2.2-13',
    'a retained will is refused if there is no Retain, and only then',
    bench => refusedWill(bench, 'retainAvailable'),
  ],
  ['3.2.2-16', 'assigned identifiers are different', newClientId],
  ['3.2.2-19', 'a Reason String does not make CONNACK too large', smallConnack],
  ['3.2.2-20', 'User Properties do not make CONNACK too large', smallConnack],
  ['3.2.2-22', 'without a Server Keep Alive the client’s is kept to', ownKeepAlive],
])
