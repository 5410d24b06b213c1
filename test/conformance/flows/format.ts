import assert from 'node:assert/strict'
import { Prop } from '../../support/conformance-properties.ts'
import { publishBytes, subscribeBytes, unsubscribeBytes } from '../../support/conformance-packets.ts'
import { hex, packet, str, u8 } from '../../support/wire-bytes.ts'
import type { Bench } from '../bench.ts'
import { closesOn, messagesUntil, nextPayload, pair, payloadsBeforeLast } from './steps.ts'

/** Sequences of bytes that are not UTF-8 as RFC 3629 has it: surrogates, overlong forms, a lone continuation, a torn one. */
export const ILL_FORMED: readonly Buffer[] = ['eda080', 'edbfbf', 'c080', 'e08080', '80', 'c3', 'f4908080'].map(hex)

export const illFormedTopicName = closesOn(
  ...ILL_FORMED.map(bytes => (bench: Bench) => publishBytes(bench.version, bytes, 'x')),
)
export const illFormedSubscribe = closesOn(
  ...ILL_FORMED.map(bytes => (bench: Bench) => subscribeBytes(bench.version, 1, [[bytes, 0]])),
)
export const illFormedUnsubscribe = closesOn(
  ...ILL_FORMED.map(bytes => (bench: Bench) => unsubscribeBytes(bench.version, 1, [bytes])),
)

export const nulInStrings = closesOn(
  bench => publishBytes(bench.version, 'a\0b', 'x'),
  bench => subscribeBytes(bench.version, 1, [['a\0b', 0]]),
  bench => unsubscribeBytes(bench.version, 1, ['a\0b']),
)

/** U+FEFF at the start of a level is part of it. */
export async function byteOrderMark(bench: Bench): Promise<void> {
  const { subscriber, publisher } = await pair(bench, 0, bench.topic('\ufeffa'))
  await publisher.publish(bench.topic('a'), 'without')
  await publisher.publish(bench.topic('\ufeffa'), 'with')
  const message = await subscriber.expect('publish')
  assert.deepEqual([message.topic, message.payload.toString()], [bench.topic('\ufeffa'), 'with'])
}

/** Around each size at which a Remaining Length grows by a byte. */
export async function shortestLengths(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench)
  for (const size of [0, 100, 127, 128, 16_300, 16_383, 16_384])
    await publisher.publish(topicName, Buffer.alloc(size, 'x'))
  await payloadsBeforeLast(subscriber, publisher, topicName)
  for (const { bytes, packet: read } of subscriber.arrivals) {
    assert.equal(lengthBytes(bytes), shortest(bytes.length - 1 - lengthBytes(bytes)), `Remaining Length of ${read.cmd}`)
  }
}

function lengthBytes(frame: Buffer): number {
  return frame.subarray(1).findIndex(byte => byte < 0x80) + 1
}

function shortest(value: number): number {
  if (value < 128) return 1
  if (value < 16_384) return 2
  return value < 2_097_152 ? 3 : 4
}

export const reservedFlags = closesOn(
  () => hex('c100'),
  () => hex('e100'),
  () => hex('41020001'),
  () => hex('51020001'),
  () => hex('71020001'),
)

export const packetIdZero = closesOn(
  bench => subscribeBytes(bench.version, 0, [[bench.topic(), 0]]),
  bench => unsubscribeBytes(bench.version, 0, [bench.topic()]),
  bench => publishBytes(bench.version, bench.topic(), 'x', { qos: 1, packetId: 0 }),
)

/** The whole packet is known, so every byte of it is. */
export async function qos0Bytes(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench)
  await publisher.publish(topicName, 'hello')
  await nextPayload(subscriber)
  assert.deepEqual(subscriber.bytesOf('publish'), [publishBytes(bench.version, topicName, 'hello')])
}

export async function unusedPacketIds(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  for (const qos of [1, 2, 1, 2, 1] as const) await publisher.publish(topicName, 'x', { qos })
  const ids: (number | undefined)[] = []
  for (let count = 0; count < 5; count++) ids.push((await subscriber.expect('publish')).messageId)
  assert.ok(ids.every(id => id !== undefined && id > 0))
  assert.equal(new Set(ids).size, 5)
}

export async function acknowledgementIds(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.acknowledging = false
  client.send(publishBytes(bench.version, bench.topic(), 'x', { qos: 1, packetId: 0xfffe }))
  assert.equal((await client.expect('puback')).messageId, 0xfffe)
  client.send(publishBytes(bench.version, bench.topic(), 'x', { qos: 2, packetId: 0x0100 }))
  assert.equal((await client.expect('pubrec')).messageId, 0x0100)
  client.acknowledge('pubrel', 0x0100)
  assert.equal((await client.expect('pubcomp')).messageId, 0x0100)
}

/** The server's PUBREL names the PUBLISH too. */
export async function pubrelId(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  await publisher.publish(topicName, 'x', { qos: 2 })
  const { messageId } = await subscriber.expect('publish')
  subscriber.acknowledge('pubrec', messageId)
  assert.equal((await subscriber.expect('pubrel')).messageId, messageId)
}

export async function subscriptionIds(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.send(subscribeBytes(bench.version, 0xabcd, [[bench.topic(), 0]]))
  assert.equal((await client.expect('suback')).messageId, 0xabcd)
  client.send(unsubscribeBytes(bench.version, 0x0001, [bench.topic()]))
  assert.equal((await client.expect('unsuback')).messageId, 1)
}

export const illFormedPair = closesOn(
  bench => publishBytes(5, bench.topic(), 'x', { properties: [userPair(ILL_FORMED[0], Buffer.from('a'))] }),
  bench => publishBytes(5, bench.topic(), 'x', { properties: [userPair(Buffer.from('a'), ILL_FORMED[0])] }),
)

function userPair(name: Buffer | undefined, value: Buffer | undefined): Buffer {
  return Buffer.concat([u8(0x26), str(name ?? ''), str(value ?? '')])
}

/** Byte for byte: a message without properties. */
export async function propertyLengthZero(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 0)
  await publisher.publish(topicName, 'x')
  await messagesUntil(subscriber, 'x')
  assert.deepEqual(subscriber.bytesOf('publish'), [packet(0x30, str(topicName), u8(0), Buffer.from('x'))])
}

export const repeatedPropertiesAreRefused = closesOn(
  bench => publishBytes(5, bench.topic(), 'x', { properties: [Prop.contentType('a'), Prop.contentType('b')] }),
  bench => subscribeBytes(5, 1, [[bench.topic(), 0]], [Prop.subscriptionIdentifier(1), Prop.subscriptionIdentifier(2)]),
)
