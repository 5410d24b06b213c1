import assert from 'node:assert/strict'
import type { Bench } from '../bench.ts'
import { messagesUntil, nextPayload, payloadsBeforeLast } from './steps.ts'

/**
 * Publishes messages, and gives what a new subscriber gets of them before what is retained for its second subscription: a
 * message that is published then may be quicker than a store that has to be asked.
 */
async function retainedAfter(
  bench: Bench,
  payloads: readonly (readonly [string, boolean])[],
): Promise<readonly string[]> {
  const publisher = await bench.connect()
  for (const [payload, retain] of payloads) await publisher.publish(bench.topic(), payload, { qos: 1, retain })
  await publisher.publish(bench.topic('end'), 'end', { qos: 1, retain: true })
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic(), 1)
  await subscriber.subscribe(bench.topic('end'), 1)
  return (await messagesUntil(subscriber, 'end')).map(({ payload }) => payload.toString())
}

export async function retainedIsReplaced(bench: Bench): Promise<void> {
  assert.deepEqual(
    await retainedAfter(bench, [
      ['first', true],
      ['second', true],
    ]),
    ['second'],
  )
}

/** With its QoS: 1 for a subscriber of QoS 2, and lower where the subscriber wants less. */
export async function retainedKeepsQoS(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'kept', { qos: 1, retain: true })
  for (const [options, qos] of [
    [2, 1],
    [0, 0],
  ] as const) {
    const subscriber = await bench.connect()
    await subscriber.subscribe(bench.topic(), options)
    const message = await subscriber.expect('publish')
    assert.deepEqual([message.payload.toString(), message.qos, message.retain], ['kept', qos, true])
  }
}

/** Of each topic that matches. */
export async function retainedOfEachTopic(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  await publisher.publish(bench.topic('a'), 'old', { qos: 1, retain: true })
  await publisher.publish(bench.topic('a'), 'a', { qos: 1, retain: true })
  await publisher.publish(bench.topic('b/c'), 'b', { qos: 1, retain: true })
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('#'), 1)
  const payloads = [await subscriber.expect('publish'), await subscriber.expect('publish')]
  assert.deepEqual(payloads.map(({ payload }) => payload.toString()).toSorted(), ['a', 'b'])
}

export async function retainedQoS0Replaces(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'old', { qos: 1, retain: true })
  await publisher.publish(bench.topic(), 'new', { qos: 0, retain: true })
  await publisher.ping()
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic(), 1)
  await subscriber.subscribe(bench.topic('end'), 1)
  const before = await payloadsBeforeLast(subscriber, publisher, bench.topic('end'), { qos: 1 })
  assert.ok(!before.includes('old'), 'the message before it was kept')
}

export async function emptyRemoves(bench: Bench): Promise<void> {
  assert.deepEqual(
    await retainedAfter(bench, [
      ['kept', true],
      ['', true],
    ]),
    [],
  )
}

/** The empty message itself is delivered like any other. */
export async function emptyIsDelivered(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe(bench.topic(), 1)
  await publisher.publish(bench.topic(), 'kept', { qos: 1, retain: true })
  await publisher.publish(bench.topic(), '', { qos: 1, retain: true })
  // The first message may be retained in time to come as that as well.
  for (let seen = 'kept'; seen === 'kept'; ) {
    seen = (await subscriber.expect('publish')).payload.toString()
    assert.ok(seen === 'kept' || seen === '', seen)
  }
}

export async function emptyIsNotStored(bench: Bench): Promise<void> {
  assert.deepEqual(await retainedAfter(bench, [['', true]]), [])
}

export async function ordinaryLeavesRetained(bench: Bench): Promise<void> {
  assert.deepEqual(
    await retainedAfter(bench, [
      ['kept', true],
      ['ordinary', false],
      ['', false],
    ]),
    ['kept'],
  )
}

export async function ordinaryIsNotStored(bench: Bench): Promise<void> {
  assert.deepEqual(await retainedAfter(bench, [['ordinary', false]]), [])
}

/** 1 for what was stored before the subscription, 0 for what comes afterwards. */
export async function retainFlag(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await publisher.publish(bench.topic(), 'before', { qos: 1, retain: true })
  await subscriber.subscribe(bench.topic(), 1)
  assert.equal((await subscriber.expect('publish')).retain, true)
  await publisher.publish(bench.topic(), 'after', { qos: 1, retain: true })
  const after = await subscriber.expect('publish')
  assert.deepEqual([after.payload.toString(), after.retain], ['after', false])
}

/** An identical SUBSCRIBE gets the retained message again, and messages meanwhile arrive. */
export async function resubscribing(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await publisher.publish(bench.topic(), 'kept', { qos: 1, retain: true })
  await subscriber.subscribe(bench.topic(), 1)
  assert.equal((await subscriber.expect('publish')).payload.toString(), 'kept')
  const flow = (async () => {
    for (let number = 1; number <= 20; number++) await publisher.publish(bench.topic(), `${number}`, { qos: 1 })
  })()
  await subscriber.subscribe(bench.topic(), 1)
  await flow
  await publisher.publish(bench.topic(), 'end', { qos: 1 })
  const seen = (await messagesUntil(subscriber, 'end')).map(({ payload }) => payload.toString())
  // The order between the retained message and those of the publisher is nobody's promise.
  if (!seen.includes('kept')) assert.equal(await nextPayload(subscriber), 'kept')
  const numbers = seen.filter(payload => payload !== 'kept')
  assert.deepEqual(
    [...new Set(numbers)],
    Array.from({ length: 20 }, (_, index) => `${index + 1}`),
  )
}
