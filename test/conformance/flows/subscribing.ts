import assert from 'node:assert/strict'
import { subscribeBytes, unsubscribeBytes } from '../../support/conformance-packets.ts'
import type { Filter } from '../../support/conformance-packets.ts'
import { packet, str, u16, u8 } from '../../support/wire-bytes.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { closesOn, messagesUntil, nextPayload, pair, payloadsBeforeLast } from './steps.ts'

function withFlags(bytes: Buffer, flags: number): Buffer {
  const wrong = Buffer.from(bytes)
  wrong[0] = ((wrong[0] ?? 0) & 0xf0) | flags
  return wrong
}

export const subscribeFlags = closesOn(
  ...[0, 1, 3, 0x0a].map(
    flags => (bench: Bench) => withFlags(subscribeBytes(bench.version, 1, [[bench.topic(), 0]]), flags),
  ),
)
export const unsubscribeFlags = closesOn(
  ...[0, 1, 3, 0x0a].map(
    flags => (bench: Bench) => withFlags(unsubscribeBytes(bench.version, 1, [bench.topic()]), flags),
  ),
)
export const pubrelFlags = closesOn(...[0x60, 0x61, 0x63, 0x6a].map(first => () => packet(first, u16(1))))
export const disconnectFlags = closesOn(
  () => packet(0xe1),
  () => packet(0xe8),
)
export const subscribeWithoutFilter = closesOn(bench => subscribeBytes(bench.version, 1, []))
export const unsubscribeWithoutFilter = closesOn(bench => unsubscribeBytes(bench.version, 1, []))
export const qos3InSubscribe = closesOn(bench => subscribeBytes(bench.version, 1, [[bench.topic(), 3]]))
export const reservedOptions = closesOn(
  ...[0x40, 0x80].map(options => (bench: Bench) => subscribeBytes(bench.version, 1, [[bench.topic(), options]])),
)
export const publishQoS3 = closesOn(bench =>
  packet(0x36, str(bench.topic()), u16(1), ...(bench.version === 5 ? [u8(0)] : []), Buffer.from('x')),
)

/** Three filters, three codes, in order. */
export async function codeForEachFilter(bench: Bench): Promise<void> {
  const client = await bench.connect()
  const filters: readonly Filter[] = [
    [bench.topic('a'), 2],
    [bench.topic('b'), 0],
    [bench.topic('c'), 1],
  ]
  const codes = await client.subscribe(filters)
  if (codes[0] === 1) throw new NotApplicable('QoS 1 is the most that is granted')
  assert.deepEqual(codes, [2, 0, 1])
}

/** As if they had come one by one: the last of two equal ones holds, and each works. */
export async function severalFilters(bench: Bench): Promise<void> {
  const [client, publisher] = await Promise.all([bench.connect(), bench.connect()])
  const codes = await client.subscribe([
    [bench.topic('a'), 2],
    [bench.topic('b'), 1],
    [bench.topic('a'), 0],
  ])
  assert.equal(codes.length, 3)
  await publisher.publish(bench.topic('a'), 'a', { qos: 2 })
  await publisher.publish(bench.topic('b'), 'b', { qos: 2 })
  const messages = [await client.expect('publish'), await client.expect('publish')]
  const seen = messages.map(({ payload, qos }) => `${payload.toString()}${qos}`).toSorted()
  assert.deepEqual(seen, ['a0', 'b1'])
}

/** The new QoS holds, and there is one subscription, not two. */
export async function identicalReplaces(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  assert.deepEqual(await subscriber.subscribe(topicName, 0), [0])
  await publisher.publish(topicName, 'x', { qos: 2 })
  await publisher.publish(topicName, 'end', { qos: 2 })
  const before = await messagesUntil(subscriber, 'end')
  assert.deepEqual(
    before.map(({ qos }) => qos),
    [0],
  )
}

/** Every pair of published and granted QoS. */
export async function lowerQoS(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  for (const granted of [0, 1, 2] as const) {
    const subscriber = await bench.connect()
    await subscriber.subscribe(bench.topic(), granted)
    for (const qos of [0, 1, 2] as const) {
      await publisher.publish(bench.topic(), `${qos}`, { qos })
      assert.equal((await subscriber.expect('publish')).qos, Math.min(qos, granted))
    }
  }
}

/** Filters that are alike but not the same stay. */
export async function comparedByCharacter(bench: Bench): Promise<void> {
  const [client, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await client.subscribe(bench.topic('a/+'), 0)
  await client.unsubscribe(bench.topic('a/b'), bench.topic('a/#'), bench.topic('A/+'), bench.topic('a/ '))
  await publisher.publish(bench.topic('a/b'), 'still')
  assert.equal(await nextPayload(client), 'still')
  await client.unsubscribe(bench.topic('a/+'))
  await client.subscribe(bench.topic('end'))
  await publisher.publish(bench.topic('a/b'), 'no more')
  assert.deepEqual(await payloadsBeforeLast(client, publisher, bench.topic('end')), [])
}

export async function nothingNewAfterUnsubscribe(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 1)
  await publisher.publish(topicName, 'before', { qos: 1 })
  assert.equal(await nextPayload(subscriber), 'before')
  await subscriber.unsubscribe(topicName)
  await subscriber.subscribe(bench.topic('end'), 1)
  await publisher.publish(topicName, 'after', { qos: 1 })
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic('end'), { qos: 1 }), [])
}

/** A QoS 2 delivery under way goes on to its PUBCOMP. */
export async function deliveryGoesOnAfterUnsubscribe(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  await publisher.publish(topicName, 'x', { qos: 2 })
  const { messageId } = await subscriber.expect('publish')
  await subscriber.unsubscribe(topicName)
  subscriber.acknowledge('pubrec', messageId)
  assert.equal((await subscriber.expect('pubrel')).messageId, messageId)
  subscriber.acknowledge('pubcomp', messageId)
  await subscriber.ping()
}

/** UNSUBACK comes for filters that were never subscribed. */
export async function unsubscribeOfNothing(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.send(unsubscribeBytes(bench.version, 0x0777, [bench.topic('never')]))
  assert.equal((await client.expect('unsuback')).messageId, 0x0777)
}

export async function severalUnsubscribed(bench: Bench): Promise<void> {
  const [client, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await client.subscribe([
    [bench.topic('a'), 0],
    [bench.topic('b'), 0],
    [bench.topic('end'), 0],
  ])
  await client.unsubscribe(bench.topic('a'), bench.topic('b'))
  assert.equal(client.bytesOf('unsuback').length, 1)
  await publisher.publish(bench.topic('a'), 'a')
  await publisher.publish(bench.topic('b'), 'b')
  assert.deepEqual(await payloadsBeforeLast(client, publisher, bench.topic('end')), [])
}
