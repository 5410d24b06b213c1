import assert from 'node:assert/strict'
import { mayCarry } from '../../../src/protocol/reason-codes.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { subscribeBytes, unsubscribeBytes } from '../../support/conformance-packets.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { illFormedSubscribe, illFormedUnsubscribe, subscriptionIds } from '../flows/format.ts'
import { resubscribing } from '../flows/retained.ts'
import { pingIsAnswered } from '../flows/sessions.ts'
import { closesOn, nextPayload, payloadsBeforeLast } from '../flows/steps.ts'
import {
  codeForEachFilter,
  comparedByCharacter,
  deliveryGoesOnAfterUnsubscribe,
  identicalReplaces,
  lowerQoS,
  nothingNewAfterUnsubscribe,
  reservedOptions,
  severalFilters,
  severalUnsubscribed,
  subscribeFlags,
  subscribeWithoutFilter,
  unsubscribeFlags,
  unsubscribeOfNothing,
  unsubscribeWithoutFilter,
} from '../flows/subscribing.ts'

const NO_LOCAL = 0x04
const RETAIN_AS_PUBLISHED = 0x08
const RETAIN_HANDLING_2 = 0x20
/** Enough for any CONNACK and for no explanation. */
const SMALL = 40

async function noLocal(bench: Bench): Promise<void> {
  const [client, other] = await Promise.all([bench.connect(), bench.connect()])
  await client.subscribe(bench.topic(), NO_LOCAL | 1)
  await client.publish(bench.topic(), 'my own', { qos: 1 })
  await other.publish(bench.topic(), 'another’s', { qos: 1 })
  assert.equal(await nextPayload(client), 'another’s')
}

/** Each option of the new subscription holds, not only its QoS. */
async function optionsReplaced(bench: Bench): Promise<void> {
  const client = await bench.connect()
  await client.subscribe(bench.topic(), NO_LOCAL | RETAIN_AS_PUBLISHED)
  await client.subscribe(bench.topic(), RETAIN_HANDLING_2)
  await client.publish(bench.topic(), 'my own', { retain: true })
  const message = await client.expect('publish')
  assert.deepEqual([message.payload.toString(), message.retain], ['my own', false])
}

const noLocalShared = closesOn(bench =>
  subscribeBytes(5, 1, [[`$share/${bench.name('g')}/${bench.topic()}`, NO_LOCAL]]),
)

/** Good filters and bad ones; a server may close instead of answering the bad ones. */
async function subackCodes(bench: Bench): Promise<void> {
  const client = await bench.connect()
  const good = await client.subscribe([
    [bench.topic('a'), 2],
    [bench.topic('b/#'), 1],
  ])
  assert.ok(good.every(code => mayCarry('SUBACK', code)))
  const bad = await client.subscribe([['a/#/b', 0]]).catch(() => [])
  assert.ok(bad.every(code => code >= 0x80 && mayCarry('SUBACK', code)))
}

async function unsubackCodes(bench: Bench): Promise<void> {
  const client = await bench.connect()
  await client.subscribe(bench.topic('a'))
  const codes = await client.unsubscribe(bench.topic('never'), bench.topic('a'), bench.topic('nor this'))
  assert.equal(codes.length, 3)
  assert.ok(codes.every(code => mayCarry('UNSUBACK', code)))
}

/** The one that was there is told from those that were not, by its place. */
async function unsubackOrder(bench: Bench): Promise<void> {
  const client = await bench.connect()
  await client.subscribe(bench.topic('a'))
  const codes = await client.unsubscribe(bench.topic('never'), bench.topic('a'), bench.topic('nor this'))
  assert.deepEqual(codes, [0x11, 0, 0x11])
}

/** Refusals that might explain themselves, to a client that takes little. */
async function smallAnswers(bench: Bench): Promise<void> {
  const client = await bench.connect({ properties: [Prop.maximumPacketSize(SMALL)] })
  client.send(subscribeBytes(5, 1, [['a/#/b', 0]]), unsubscribeBytes(5, 2, ['a/#/b', bench.topic()]))
  await Promise.race([client.ping().catch(() => undefined), client.expectClosed().catch(() => undefined)])
  for (const { bytes, packet } of client.arrivals) {
    if (packet.cmd === 'suback' || packet.cmd === 'unsuback') assert.ok(bytes.length <= SMALL)
  }
}

/** The old subscription's messages and the new one's: none is lost while one replaces the other. */
async function identifiersOfReplaced(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe(bench.topic(), 0, [Prop.subscriptionIdentifier(1)])
  await subscriber.subscribe(bench.topic(), 0, [Prop.subscriptionIdentifier(2)])
  await publisher.publish(bench.topic(), 'x')
  const { properties } = await subscriber.expect('publish')
  assert.deepEqual([properties?.subscriptionIdentifier].flat(), [2])
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, bench.topic()), [])
}

/** SUBSCRIBE to PINGREQ. */
export const subscribe: readonly ConformanceCase[] = casesOf(5, [
  ['3.8.1-1', 'SUBSCRIBE with other flags closes the connection', subscribeFlags],
  ['3.8.3-1', 'a Topic Filter that is not UTF-8 closes the connection', illFormedSubscribe],
  ['3.8.3-2', 'SUBSCRIBE without Topic Filter closes the connection', subscribeWithoutFilter],
  ['3.8.3-3', 'No Local: a client does not get its own messages', noLocal],
  ['3.8.3-4', 'No Local on a Shared Subscription closes the connection', noLocalShared],
  ['3.8.3-5', 'reserved bits of the options close the connection', reservedOptions],
  ['3.8.4-1', 'SUBSCRIBE is answered by SUBACK', codeForEachFilter],
  ['3.8.4-2', 'SUBACK has the Packet Identifier', subscriptionIds],
  ['3.8.4-3', 'an identical filter replaces the subscription', identicalReplaces],
  ['3.8.4-3', 'an identical filter replaces No Local and Retain As Published', optionsReplaced],
  ['3.8.4-3', 'an identical filter replaces the Subscription Identifier', identifiersOfReplaced],
  ['3.8.4-4', 'retained messages are sent again and no message is lost meanwhile', resubscribing],
  ['3.8.4-5', 'several filters work like several packets', severalFilters],
  ['3.8.4-6', 'there is a code for each filter', codeForEachFilter],
  ['3.8.4-7', 'the code is the granted QoS or a failure', subackCodes],
  ['3.8.4-8', 'a message has the lower of both QoS', lowerQoS],
  ['3.9.2-1', 'a Reason String does not make SUBACK too large', smallAnswers],
  ['3.9.2-2', 'User Properties do not make SUBACK too large', smallAnswers],
  ['3.9.3-1', 'the codes have the order of the filters', codeForEachFilter],
  ['3.9.3-2', 'the codes are those of SUBACK', subackCodes],
  ['3.10.1-1', 'UNSUBSCRIBE with other flags closes the connection', unsubscribeFlags],
  ['3.10.3-1', 'a Topic Filter of UNSUBSCRIBE that is not UTF-8 closes the connection', illFormedUnsubscribe],
  ['3.10.3-2', 'UNSUBSCRIBE without Topic Filter closes the connection', unsubscribeWithoutFilter],
  ['3.10.4-1', 'filters that are alike are not unsubscribed', comparedByCharacter],
  ['3.10.4-2', 'nothing is delivered after UNSUBSCRIBE', nothingNewAfterUnsubscribe],
  ['3.10.4-3', 'a delivery under way is completed', deliveryGoesOnAfterUnsubscribe],
  ['3.10.4-4', 'UNSUBSCRIBE is answered', severalUnsubscribed],
  ['3.10.4-5', 'UNSUBACK has the Packet Identifier, for a filter that was never there too', unsubscribeOfNothing],
  ['3.10.4-6', 'several filters are unsubscribed with one answer', severalUnsubscribed],
  ['3.11.2-1', 'a Reason String does not make UNSUBACK too large', smallAnswers],
  ['3.11.2-2', 'User Properties do not make UNSUBACK too large', smallAnswers],
  ['3.11.3-1', 'the codes have the order of the filters', unsubackOrder],
  ['3.11.3-2', 'the codes are those of UNSUBACK', unsubackCodes],
  ['3.12.4-1', 'PINGREQ is answered', pingIsAnswered],
])
