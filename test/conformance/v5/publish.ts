import assert from 'node:assert/strict'
import { Prop } from '../../support/conformance-properties.ts'
import { packet, u16 } from '../../support/wire-bytes.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import {
  answeredByQoS,
  duplicateFlagStays,
  overlapping,
  qos0DuplicateFlag,
  resentAfterTakeOver,
  resentWithDuplicateFlag,
} from '../flows/delivery.ts'
import { illFormedTopicName } from '../flows/format.ts'
import {
  emptyIsNotStored,
  emptyRemoves,
  ordinaryIsNotStored,
  ordinaryLeavesRetained,
  retainedIsReplaced,
} from '../flows/retained.ts'
import { closesOn, messagesUntil, nextPayload, pair } from '../flows/steps.ts'
import { publishQoS3 } from '../flows/subscribing.ts'
import { matching, wildcardInTopicName } from '../flows/topics.ts'

const RETAIN_AS_PUBLISHED = 0x08
const RETAIN_HANDLING_1 = 0x10
const RETAIN_HANDLING_2 = 0x20

/** What subscribing again with the same options brings after the first time. */
async function retainedOnSubscribe(bench: Bench, options: number): Promise<readonly (readonly string[])[]> {
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'kept', { qos: 1, retain: true })
  const subscriber = await bench.connect()
  const seen: (readonly string[])[] = []
  for (const end of ['end/1', 'end/2']) {
    await publisher.publish(bench.topic(end), end, { qos: 1, retain: true })
    await subscriber.subscribe(bench.topic(), options)
    await subscriber.subscribe(bench.topic(end))
    seen.push((await messagesUntil(subscriber, end)).map(({ payload }) => payload.toString()))
  }
  return seen
}

function retainHandling(options: number, expected: readonly (readonly string[])[]): (bench: Bench) => Promise<void> {
  return async bench => assert.deepEqual(await retainedOnSubscribe(bench, options), expected)
}

/** RETAIN as a subscriber sees it, for messages with and without. */
async function retainFlags(bench: Bench, options: number): Promise<readonly boolean[]> {
  const { subscriber, publisher, topicName } = await pair(bench, options)
  await publisher.publish(topicName, 'with', { retain: true })
  await publisher.publish(topicName, 'without')
  return [(await subscriber.expect('publish')).retain, (await subscriber.expect('publish')).retain]
}

const torn = closesOn(
  () => packet(0x30, u16(20), Buffer.from('short')),
  () => packet(0x30),
)
/** Subscription Identifiers of the copies that three overlapping subscriptions bring, one of them without. */
async function identifiers(bench: Bench): Promise<readonly (readonly number[])[]> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe(bench.topic('a/b'), 0, [Prop.subscriptionIdentifier(1)])
  await subscriber.subscribe(bench.topic('a/+'), 0, [Prop.subscriptionIdentifier(268_435_455)])
  await subscriber.subscribe(bench.topic('#'), 0)
  await publisher.publish(bench.topic('a/b'), 'x')
  await publisher.publish(bench.topic('end'), 'end')
  return (await messagesUntil(subscriber, 'end')).map(({ properties }) =>
    [properties?.subscriptionIdentifier ?? []].flat(),
  )
}

async function identifiersArrive(bench: Bench): Promise<void> {
  assert.deepEqual(new Set((await identifiers(bench)).flat()), new Set([1, 268_435_455]))
}

async function singleCopy(bench: Bench): Promise<void> {
  const copies = await identifiers(bench)
  if (copies.length > 1) throw new NotApplicable('the server sends a copy for each subscription')
  assert.deepEqual(new Set(copies[0]), new Set([1, 268_435_455]))
}

async function severalCopies(bench: Bench): Promise<void> {
  const copies = await identifiers(bench)
  if (copies.length === 1) throw new NotApplicable('the server sends a single copy')
  assert.deepEqual(copies.map(each => each.join()).toSorted(), ['', '1', '268435455'])
}

/** With a window of 2 the third message waits for an acknowledgement, of QoS 1 or 2. */
async function receiveMaximum(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.receiveMaximum(2)] })
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  for (const [payload, qos] of [
    ['1', 1],
    ['2', 2],
    ['3', 1],
    ['4', 2],
  ] as const) {
    await publisher.publish(bench.topic(), payload, { qos })
  }
  const first = await subscriber.expect('publish')
  const second = await subscriber.expect('publish')
  await bench.elapse(0.3)
  await subscriber.ping()
  assert.equal(subscriber.bytesOf('publish').length, 2)
  subscriber.acknowledge('puback', first.messageId)
  assert.equal(await nextPayload(subscriber), '3')
  await subscriber.ping()
  assert.equal(subscriber.bytesOf('publish').length, 3, 'one PUBACK frees one place')
  subscriber.acknowledge('pubrec', second.messageId)
  await subscriber.expect('pubrel')
  await subscriber.ping()
  assert.equal(subscriber.bytesOf('publish').length, 3, 'a slot is free at PUBCOMP, not at PUBREC')
  subscriber.acknowledge('pubcomp', second.messageId)
  assert.equal(await nextPayload(subscriber), '4')
}

/** With a full window everything else goes on, QoS 0 messages included. */
async function othersAreNotDelayed(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.receiveMaximum(1)] })
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), 1)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), '1', { qos: 1 })
  await publisher.publish(bench.topic(), '2', { qos: 1 })
  await subscriber.expect('publish')
  await subscriber.ping()
  await subscriber.subscribe(bench.topic('other'))
  assert.ok((await subscriber.publish(bench.topic('mine'), 'x', { qos: 1 })) < 0x80)
  await subscriber.unsubscribe(bench.topic('other'))
}

/** PUBLISH. */
export const publish: readonly ConformanceCase[] = casesOf(5, [
  ['3.3.1-1', 'what is sent again has DUP', resentWithDuplicateFlag],
  ['3.3.1-1', 'what is sent again after a take-over has DUP', resentAfterTakeOver],
  ['3.3.1-2', 'a QoS 0 message has no DUP', qos0DuplicateFlag],
  ['3.3.1-3', 'the DUP of a publisher is not passed on', duplicateFlagStays],
  ['3.3.1-4', 'a PUBLISH of QoS 3 closes the connection', publishQoS3],
  ['3.3.1-5', 'a retained message replaces the one before', retainedIsReplaced],
  ['3.3.1-6', 'an empty retained message removes the one before', emptyRemoves],
  ['3.3.1-7', 'an empty retained message is not stored', emptyIsNotStored],
  ['3.3.1-8', 'a message without RETAIN is not stored', ordinaryIsNotStored],
  ['3.3.1-8', 'a message without RETAIN leaves the retained one', ordinaryLeavesRetained],
  ['3.3.1-9', 'Retain Handling 0: retained messages come each time', retainHandling(0, [['kept'], ['kept']])],
  ['3.3.1-10', 'Retain Handling 1: they come the first time', retainHandling(RETAIN_HANDLING_1, [['kept'], []])],
  ['3.3.1-11', 'Retain Handling 2: they do not come', retainHandling(RETAIN_HANDLING_2, [[], []])],
  [
    '3.3.1-12',
    'without Retain As Published RETAIN is 0',
    async bench => assert.deepEqual(await retainFlags(bench, 0), [false, false]),
  ],
  [
    '3.3.1-13',
    'with Retain As Published RETAIN is the publisher’s',
    async bench => assert.deepEqual(await retainFlags(bench, RETAIN_AS_PUBLISHED), [true, false]),
  ],
  ['3.3.2-1', 'a Topic Name that is not there closes the connection', torn],
  ['3.3.2-1', 'a Topic Name that is not UTF-8 closes the connection', illFormedTopicName],
  ['3.3.2-2', 'a Topic Name with wildcards closes the connection', wildcardInTopicName],
  ['3.3.2-3', 'a subscriber gets what its filter matches and nothing else', matching],
  ['3.3.4-1', 'each QoS has its answer', answeredByQoS],
  ['3.3.4-2', 'overlapping subscriptions deliver at the highest QoS', overlapping],
  ['3.3.4-3', 'all Subscription Identifiers arrive', identifiersArrive],
  ['3.3.4-4', 'a single copy has all of them', singleCopy],
  ['3.3.4-5', 'each of several copies has its own', severalCopies],
  ['3.3.4-9', 'no more than Receive Maximum messages are unacknowledged', receiveMaximum],
  ['3.3.4-10', 'other packets do not wait for a full window', othersAreNotDelayed],
])
