import assert from 'node:assert/strict'
import { publishBytes } from '../../support/conformance-packets.ts'
import { packet, u16 } from '../../support/wire-bytes.ts'
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
  emptyIsDelivered,
  emptyIsNotStored,
  emptyRemoves,
  ordinaryIsNotStored,
  ordinaryLeavesRetained,
  retainedKeepsQoS,
  retainedOfEachTopic,
  retainedQoS0Replaces,
  retainFlag,
} from '../flows/retained.ts'
import { closesOn } from '../flows/steps.ts'
import { publishQoS3, pubrelFlags } from '../flows/subscribing.ts'
import { matching, wildcardInTopicName } from '../flows/topics.ts'

/** A PUBLISH that some servers do not allow: either an answer or the end. */
async function notAllowed(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.send(publishBytes(4, '$SYS/conformance', 'x', { qos: 1, packetId: 1 }))
  const answer = await client.expect('puback').catch(() => undefined)
  if (answer === undefined) await client.expectClosed()
  else assert.equal(answer.messageId, 1)
}

const torn = closesOn(
  () => packet(0x30, u16(20), Buffer.from('short')),
  () => packet(0x30),
)

/** PUBLISH, and PUBREL's flags. */
export const publish: readonly ConformanceCase[] = casesOf(4, [
  ['3.3.1-1', 'what is sent again has DUP', resentWithDuplicateFlag],
  ['3.3.1-1', 'what is sent again after a take-over has DUP', resentAfterTakeOver],
  ['3.3.1-2', 'a QoS 0 message has no DUP', qos0DuplicateFlag],
  ['3.3.1-3', 'the DUP of a publisher is not passed on', duplicateFlagStays],
  ['3.3.1-4', 'a PUBLISH of QoS 3 closes the connection', publishQoS3],
  ['3.3.1-5', 'a retained message is kept with its QoS', retainedKeepsQoS],
  ['3.3.1-6', 'a new subscription gets the last message of each topic', retainedOfEachTopic],
  ['3.3.1-7', 'a retained message of QoS 0 replaces the one before', retainedQoS0Replaces],
  ['3.3.1-8', 'RETAIN is set for what was there before the subscription', retainFlag],
  ['3.3.1-9', 'RETAIN is not set for what comes later', retainFlag],
  ['3.3.1-10', 'an empty retained message is delivered', emptyIsDelivered],
  ['3.3.1-10', 'an empty retained message removes the one before', emptyRemoves],
  ['3.3.1-11', 'an empty retained message is not stored', emptyIsNotStored],
  ['3.3.1-12', 'a message without RETAIN is not stored', ordinaryIsNotStored],
  ['3.3.1-12', 'a message without RETAIN leaves the retained one', ordinaryLeavesRetained],
  ['3.3.2-1', 'a Topic Name that is not there closes the connection', torn],
  ['3.3.2-1', 'a Topic Name that is not UTF-8 closes the connection', illFormedTopicName],
  ['3.3.2-2', 'a Topic Name with wildcards closes the connection', wildcardInTopicName],
  ['3.3.2-3', 'a subscriber gets what its filter matches and nothing else', matching],
  ['3.3.4-1', 'each QoS has its answer', answeredByQoS],
  ['3.3.5-1', 'overlapping subscriptions deliver at the highest QoS', overlapping],
  ['3.3.5-2', 'a PUBLISH to $SYS is acknowledged or closes the connection', notAllowed],
  ['3.6.1-1', 'PUBREL with other flags closes the connection', pubrelFlags],
])
