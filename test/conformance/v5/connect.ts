import assert from 'node:assert/strict'
import { connectWithFlags, publishBytes, subscribeBytes } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { packet, str, u16, u8 } from '../../support/wire-bytes.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import {
  clientIdIllFormed,
  clientIdMissing,
  connectIsAcknowledged,
  emptyClientIds,
  fieldsInOrder,
  firstPacketIsConnect,
  furtherChecks,
  malformedConnect,
  nothingBehindRefusal,
  ordinaryClientIds,
  otherProtocolName,
  passwordMissing,
  passwordWithoutFlag,
  reservedConnectFlag,
  secondConnect,
  sessionByClientId,
  userNameIllFormed,
  userNameMissing,
  userNameWithoutFlag,
  willFieldsMissing,
  willQos3,
  willQosWithoutFlag,
  willRetainWithoutFlag,
  willTopicIllFormed,
} from '../flows/connecting.ts'
import {
  cleanStartDiscards,
  cleanTakeOver,
  newSession,
  resumingTakeOver,
  sessionGoesOn,
  sessionSurvivesLoss,
  silentClient,
  takeOver,
} from '../flows/sessions.ts'
import { messagesUntil, nextPayload, payloadsBeforeLast, refuses } from '../flows/steps.ts'
import {
  noWill,
  willDiscarded,
  willIsPublished,
  willNotRetained,
  willOnce,
  willQoS,
  willRetained,
} from '../flows/wills.ts'
import { userPropertiesOf } from './user-properties.ts'

const otherVersion = refuses(bench => packet(0x10, str('MQTT'), u8(6, 2), u16(0), u8(0), str(bench.name('x'))))

/** Published when its delay is over, and not before. */
async function willAfterDelay(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'), 1)
  const client = await bench.connectLasting(bench.name('mortal'), {
    will: { topicName: bench.topic('will'), payload: 'gone', qos: 1, properties: [Prop.willDelayInterval(2)] },
  })
  client.lose()
  const publisher = await bench.connect()
  await bench.elapse(0.5)
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('will'), { qos: 1 }), [])
  assert.equal(await nextPayload(subscriber), 'gone')
}

/** The session ends before the delay is over, and that is when the will is due. */
async function willAtSessionEnd(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'), 1)
  const client = await bench.connect({
    properties: [Prop.sessionExpiryInterval(1)],
    will: { topicName: bench.topic('will'), payload: 'gone', qos: 1, properties: [Prop.willDelayInterval(60)] },
  })
  client.lose()
  assert.equal(await nextPayload(subscriber), 'gone')
}

/** A client that is back in time: its old will is forgotten, and Session Present says that it is the same session. */
async function noWillWhenBackInTime(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'), 1)
  const client = await bench.connectLasting(bench.name('mortal'), {
    will: { topicName: bench.topic('will'), payload: 'gone', qos: 1, properties: [Prop.willDelayInterval(1)] },
  })
  client.lose()
  await bench.connectLasting(bench.name('mortal'))
  await bench.elapse(2.5)
  const publisher = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('will'), { qos: 1 }), [])
}

/** A PUBLISH above the maximum is not sent; one below it is. */
async function maximumPacketSize(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.maximumPacketSize(200)] })
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  for (const qos of [0, 1, 2] as const) await publisher.publish(bench.topic(), Buffer.alloc(300, 'x'), { qos })
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic()), [])
  for (const { bytes } of subscriber.arrivals) assert.ok(bytes.length <= 200)
}

/** It takes no room in the client's window: those that fit come, however many did not. */
async function tooLargeTakesNoRoom(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.maximumPacketSize(200), Prop.receiveMaximum(2)] })
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  for (const qos of [1, 2, 1, 2] as const) await publisher.publish(bench.topic(), Buffer.alloc(300, 'x'), { qos })
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic(), { qos: 1 }), [])
}

/** The message that was too large is not there on the next connection either. */
async function tooLargeIsDone(bench: Bench): Promise<void> {
  const first = await bench.connectLasting(bench.name('small'), { properties: [Prop.maximumPacketSize(200)] })
  await first.subscribe(bench.topic(), 1)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), Buffer.alloc(300, 'x'), { qos: 1 })
  await publisher.publish(bench.topic(), 'small', { qos: 1 })
  assert.equal(await nextPayload(first), 'small')
  await first.ping()
  await first.disconnect()
  const again = await bench.connectLasting(bench.name('small'))
  assert.deepEqual(await payloadsBeforeLast(again, publisher, bench.topic(), { qos: 1 }), [])
}

/** Aliases that arrive are within the client's maximum, and each was given a Topic Name first. */
async function outgoingAliases(bench: Bench, maximum: number): Promise<void> {
  const subscriber = await bench.connect({ properties: maximum === 0 ? [] : [Prop.topicAliasMaximum(maximum)] })
  await subscriber.subscribe(bench.topic('#'), 1)
  const publisher = await bench.connect()
  const topicNames = Array.from({ length: 8 }, (_, index) => bench.topic(`alias/${index % 4}`))
  for (const topicName of topicNames) await publisher.publish(topicName, topicName, { qos: 1 })
  const known = new Map<number, string>()
  for (const expected of topicNames) {
    const { topic, payload, properties } = await subscriber.expect('publish')
    const alias = properties?.topicAlias
    assert.equal(payload.toString(), expected)
    assert.ok(alias === undefined || (alias > 0 && alias <= maximum), `Topic Alias ${alias}`)
    if (alias !== undefined && topic !== '') known.set(alias, topic)
    assert.equal(topic === '' ? known.get(alias ?? 0) : topic, expected)
  }
}

async function noResponseInformation(bench: Bench): Promise<void> {
  for (const properties of [[], [Prop.requestResponseInformation(0)]]) {
    const client = await bench.connect({ properties })
    const connack = client.arrivals[0]?.packet
    assert.ok(connack?.cmd === 'connack')
    assert.equal(connack.properties?.responseInformation, undefined)
  }
}

/** Each packet that could explain itself, provoked where the client wants no explanations. */
async function noProblemInformation(bench: Bench): Promise<void> {
  const client = await bench.connect({ properties: [Prop.requestProblemInformation(0)] })
  client.acknowledging = false
  client.send(
    subscribeBytes(5, 1, [['a/#/b', 0]]),
    publishBytes(5, bench.topic('nobody'), 'x', { qos: 1, packetId: 2 }),
    publishBytes(5, bench.topic('nobody'), 'x', { qos: 2, packetId: 3 }),
  )
  client.acknowledge('pubrel', 77)
  client.acknowledge('pubrec', 78)
  client.send(publishBytes(5, '$SYS/conformance', 'x', { qos: 1, packetId: 4 }))
  await Promise.race([client.ping().catch(() => undefined), client.expectClosed().catch(() => undefined)])
  for (const { packet: read } of client.arrivals) {
    if (['connack', 'disconnect', 'publish'].includes(read.cmd)) continue
    const properties: object = 'properties' in read ? (read.properties ?? {}) : {}
    assert.ok(!('reasonString' in properties) && !('userProperties' in properties), `${read.cmd} explains itself`)
  }
}

async function assignedClientId(bench: Bench): Promise<void> {
  const client = await bench.connect({ clientId: '', properties: [Prop.sessionExpiryInterval(5)], cleanStart: false })
  const connack = client.arrivals[0]?.packet
  assert.ok(connack?.cmd === 'connack')
  const assigned = connack.properties?.assignedClientIdentifier
  assert.ok(assigned !== undefined && assigned !== '')
  await client.disconnect()
  const again = await bench.connectLasting(assigned)
  assert.equal((again.arrivals[0]?.bytes[2] ?? 0) & 1, 1)
}

async function willUserProperties(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'))
  const pairs = [
    ['b', '1'],
    ['a', '2'],
    ['b', '3'],
  ] as const
  const properties = pairs.map(([name, value]) => Prop.user(name, value))
  const client = await bench.connect({ will: { topicName: bench.topic('will'), payload: 'gone', properties } })
  client.lose()
  assert.deepEqual(await messagesUntil(subscriber, 'gone'), [])
  assert.deepEqual(userPropertiesOf(subscriber.bytesOf('publish')[0]), pairs)
}

/** A CONNECT with properties that do not belong there, or come twice. */
const wrongProperties = refuses(
  bench => bench.connectBytes(bench.name('x'), { properties: [Prop.topicAlias(1)] }),
  bench => bench.connectBytes(bench.name('x'), { properties: [Prop.receiveMaximum(0)] }),
  bench => bench.connectBytes(bench.name('x'), { properties: [Prop.maximumPacketSize(0)] }),
  bench => bench.connectBytes(bench.name('x'), { properties: [Prop.receiveMaximum(1), Prop.receiveMaximum(1)] }),
)

/** CONNECT. */
export const connect: readonly ConformanceCase[] = casesOf(5, [
  ['3.1.0-1', 'a first packet that is no CONNECT closes the connection', firstPacketIsConnect],
  ['3.1.0-2', 'a second CONNECT closes the connection', secondConnect],
  ['3.1.2-1', 'another protocol name is refused', otherProtocolName],
  ['3.1.2-2', 'protocol version 6 is refused', otherVersion],
  ['3.1.2-3', 'the reserved flag closes the connection', reservedConnectFlag],
  ['3.1.2-4', 'Clean Start discards what was there', cleanStartDiscards],
  ['3.1.2-5', 'a session with its message and subscription goes on', sessionGoesOn],
  ['3.1.2-6', 'a new session begins where there was none', newSession],
  ['3.1.2-7', 'a will has the QoS that it was given', willQoS],
  ['3.1.2-8', 'the will of a connection that breaks, or is closed for an error, is published', willIsPublished],
  ['3.1.2-8', 'a will waits for its delay', willAfterDelay],
  ['3.1.2-8', 'a will does not wait for longer than its session', willAtSessionEnd],
  ['3.1.2-9', 'a will without its fields is refused', willFieldsMissing],
  ['3.1.2-10', 'a will is published once', willOnce],
  ['3.1.2-10', 'a will is removed by a normal DISCONNECT', willDiscarded],
  ['3.1.2-11', 'Will QoS without the Will Flag is refused', willQosWithoutFlag],
  ['3.1.2-12', 'Will QoS 3 is refused', willQos3],
  ['3.1.2-13', 'Will Retain without the Will Flag is refused', willRetainWithoutFlag],
  ['3.1.2-14', 'a will is not retained unless it says so', willNotRetained],
  ['3.1.2-15', 'a will is retained when it says so', willRetained],
  ['3.1.2-16', 'a User Name without its flag is refused', userNameWithoutFlag],
  ['3.1.2-17', 'a User Name that is not there is refused', userNameMissing],
  ['3.1.2-18', 'a Password without its flag is refused', passwordWithoutFlag],
  ['3.1.2-19', 'a Password that is not there is refused', passwordMissing],
  ['3.1.2-22', 'a silent client is closed and its will published', silentClient],
  ['3.1.2-23', 'a session outlives its connection', sessionSurvivesLoss],
  ['3.1.2-24', 'nothing larger than the Maximum Packet Size arrives', maximumPacketSize],
  ['3.1.2-25', 'what is too large counts as delivered', tooLargeIsDone],
  ['3.1.2-25', 'what is too large takes no room in the window', tooLargeTakesNoRoom],
  ['3.1.2-26', 'Topic Aliases are within the client’s maximum', bench => outgoingAliases(bench, 2)],
  ['3.1.2-27', 'no Topic Aliases without a maximum', bench => outgoingAliases(bench, 0)],
  ['3.1.2-28', 'no Response Information that was not asked for', noResponseInformation],
  ['3.1.2-29', 'no explanations for a client that wants none', noProblemInformation],
  ['3.1.3-1', 'all fields are understood in their order', fieldsInOrder],
  ['3.1.3-2', 'each Client Identifier has its session', sessionByClientId],
  ['3.1.3-3', 'a CONNECT without Client Identifier is refused', clientIdMissing],
  ['3.1.3-4', 'a Client Identifier that is not UTF-8 is refused', clientIdIllFormed],
  ['3.1.3-5', 'letters and digits are allowed, up to 23', ordinaryClientIds],
  ['3.1.3-6', 'clients without identifier are two clients', emptyClientIds],
  ['3.1.3-7', 'the assigned identifier is told and names the session', assignedClientId],
  ['3.1.3-9', 'no will for a client that is back in time', noWillWhenBackInTime],
  ['3.1.3-10', 'the User Properties of a will keep their order', willUserProperties],
  ['3.1.3-11', 'a Will Topic that is not UTF-8 is refused', willTopicIllFormed],
  ['3.1.3-12', 'a User Name that is not UTF-8 is refused', userNameIllFormed],
  ['3.1.4-1', 'a CONNECT that does not match the format closes the connection', malformedConnect],
  ['3.1.4-1', 'a CONNECT with wrong properties closes the connection', wrongProperties],
  ['3.1.4-2', 'a CONNECT that fails another check closes the connection', furtherChecks],
  ['3.1.4-3', 'the first of two connections of a client gets 0x8E and is closed', takeOver],
  ['3.1.4-4', 'a take-over with Clean Start has nothing of the old session', cleanTakeOver],
  ['3.1.4-4', 'a take-over without Clean Start has all of it', resumingTakeOver],
  ['3.1.4-5', 'CONNECT is answered by CONNACK 0', connectIsAcknowledged],
  ['3.1.4-6', 'a PUBLISH behind a CONNECT that is refused reaches nobody', nothingBehindRefusal],
  ['3.1.2-12', 'without a will nothing is published', noWill],
])

/** A CONNECT with the reserved flag, for the chapters that need a refusal. */
export function refusedConnect(bench: Bench, properties: readonly Buffer[] = []): Buffer {
  return connectWithFlags(5, 0x03, bench.fields(bench.name('refused'), { properties }))
}
