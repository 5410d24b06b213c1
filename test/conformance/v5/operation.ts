import assert from 'node:assert/strict'
import { publishBytes } from '../../support/conformance-packets.ts'
import { Prop } from '../../support/conformance-properties.ts'
import { NotApplicable } from '../bench.ts'
import type { Bench } from '../bench.ts'
import { casesOf } from '../conformance-case.ts'
import type { ConformanceCase } from '../conformance-case.ts'
import { connectIsAcknowledged } from '../flows/connecting.ts'
import {
  acknowledgedIsDone,
  addedToMatchingSessions,
  exactlyOnce,
  exactlyOnceAcrossConnections,
  notResentOnConnection,
  ordered,
  orderedInQueue,
  packetIdFreeAfterPuback,
  packetIdFreeAfterPubcomp,
  pubrelIsAnswered,
  pubrelResent,
  qos0DuplicateFlag,
  qos1Delivery,
  qos2Delivery,
  resentInOrder,
  resentWithDuplicateFlag,
} from '../flows/delivery.ts'
import { acknowledgementIds, unusedPacketIds } from '../flows/format.ts'
import { sessionWhileConnected } from '../flows/sessions.ts'
import { nextPayload, pair, payloadsBeforeLast } from '../flows/steps.ts'
import {
  dollarTopics,
  emptyFilter,
  emptyTopicName,
  hashMisplaced,
  longTopicName,
  matching,
  notNormalized,
  nulInFilter,
  nulInTopicName,
  plusMisplaced,
  wildcardInTopicName,
} from '../flows/topics.ts'
import { framesAndPackets, subprotocol, textFrame } from '../flows/websocket.ts'

const UNSPECIFIED_ERROR = 0x80

/** Sent, then expired, then sent again on reconnect: what was begun is not dropped. */
async function sentDoesNotExpire(bench: Bench): Promise<void> {
  const clientId = bench.name('slow')
  const subscriber = await bench.connectLasting(clientId)
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'x', { qos: 2, properties: [Prop.messageExpiryInterval(1)] })
  const { messageId } = await subscriber.expect('publish')
  await bench.elapse(2)
  subscriber.lose()
  const again = await bench.connectLasting(clientId)
  again.acknowledging = false
  assert.equal((await again.expect('publish')).messageId, messageId)
  again.acknowledge('pubrec', messageId)
  assert.equal((await again.expect('pubrel')).messageId, messageId)
}

/** The publisher's side of a message that expired meanwhile: PUBREL is answered all the same. */
async function exchangeGoesOnThoughExpired(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.acknowledging = false
  client.send(publishBytes(5, bench.topic(), 'x', { qos: 2, packetId: 5, properties: [Prop.messageExpiryInterval(1)] }))
  await client.expect('pubrec')
  await bench.elapse(1.5)
  client.acknowledge('pubrel', 5)
  assert.equal((await client.expect('pubcomp')).messageId, 5)
}

/** A PUBREC of 0x80 or more frees the Packet Identifier. */
async function refusedPublishIsNew(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  publisher.acknowledging = false
  publisher.send(publishBytes(5, '$SYS/conformance', 'x', { qos: 2, packetId: 5 }))
  const answer = await publisher.expect('pubrec').catch(() => undefined)
  if (publisher.isClosed || answer === undefined) throw new NotApplicable('the server closes instead')
  if ((answer.reasonCode ?? 0) < 0x80) throw new NotApplicable('the PUBLISH is accepted')
  publisher.send(publishBytes(5, topicName, 'new', { qos: 2, packetId: 5 }))
  const second = await publisher.expect('pubrec').catch(() => undefined)
  if (second === undefined) throw new NotApplicable('the server closes after the PUBREC')
  publisher.acknowledge('pubrel', 5)
  assert.equal(await nextPayload(subscriber), 'new')
}

/** A client that refuses a message has had it, on this connection and the next. */
async function refusalAcknowledges(bench: Bench): Promise<void> {
  const clientId = bench.name('picky')
  const subscriber = await bench.connectLasting(clientId)
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'one', { qos: 1 })
  await publisher.publish(bench.topic(), 'two', { qos: 2 })
  subscriber.acknowledge('puback', (await subscriber.expect('publish')).messageId, UNSPECIFIED_ERROR)
  subscriber.acknowledge('pubrec', (await subscriber.expect('publish')).messageId, UNSPECIFIED_ERROR)
  await subscriber.ping()
  assert.deepEqual(subscriber.bytesOf('pubrel'), [])
  subscriber.lose()
  const again = await bench.connectLasting(clientId)
  assert.deepEqual(await payloadsBeforeLast(again, publisher, bench.topic(), { qos: 1 }), [])
}

/** The window of a client, from both ends: the first message comes, and no more than it allows. */
async function sendQuota(bench: Bench): Promise<void> {
  for (const maximum of [1, 3]) {
    const subscriber = await bench.connect({ properties: [Prop.receiveMaximum(maximum)] })
    subscriber.acknowledging = false
    await subscriber.subscribe(bench.topic(`${maximum}`), 1)
    const publisher = await bench.connect()
    for (let count = 0; count < 5; count++) await publisher.publish(bench.topic(`${maximum}`), 'x', { qos: 1 })
    for (let count = 0; count < maximum; count++) await subscriber.expect('publish')
    await bench.elapse(0.3)
    await subscriber.ping()
    assert.equal(subscriber.bytesOf('publish').length, maximum)
  }
}

/** Chapters 4 and 6. */
export const operation: readonly ConformanceCase[] = casesOf(5, [
  ['4.1.0-1', 'a session is there while its connection is', sessionWhileConnected],
  ['4.2-1', 'MQTT is served over TCP', connectIsAcknowledged],
  ['4.3.1-1', 'a QoS 0 message has no DUP', qos0DuplicateFlag],
  ['4.3.2-1', 'messages in flight have Packet Identifiers of their own', unusedPacketIds],
  ['4.3.2-2', 'a QoS 1 message is sent with DUP 0', qos1Delivery],
  ['4.3.2-3', 'a QoS 1 message without PUBACK is unacknowledged', resentWithDuplicateFlag],
  ['4.3.2-4', 'PUBACK has the Packet Identifier', acknowledgementIds],
  ['4.3.2-5', 'the same Packet Identifier after PUBACK is a new message', packetIdFreeAfterPuback],
  ['4.3.3-1', 'messages in flight have Packet Identifiers of their own', unusedPacketIds],
  ['4.3.3-2', 'a QoS 2 message is sent with DUP 0', qos2Delivery],
  ['4.3.3-3', 'a QoS 2 message without PUBREC is unacknowledged', resentWithDuplicateFlag],
  ['4.3.3-4', 'PUBREC is answered by PUBREL', qos2Delivery],
  ['4.3.3-5', 'PUBREL without PUBCOMP is sent again', pubrelResent],
  ['4.3.3-6', 'after PUBREL the PUBLISH is not sent again', pubrelResent],
  ['4.3.3-7', 'a QoS 2 message that was sent does not expire', sentDoesNotExpire],
  ['4.3.3-8', 'PUBREC has the Packet Identifier', acknowledgementIds],
  ['4.3.3-9', 'after a PUBREC of 0x80 or more the Packet Identifier is new', refusedPublishIsNew],
  ['4.3.3-10', 'a PUBLISH that comes again before PUBREL is delivered once', exactlyOnce],
  ['4.3.3-10', 'also across connections', exactlyOnceAcrossConnections],
  ['4.3.3-11', 'PUBREL is answered by PUBCOMP', pubrelIsAnswered],
  ['4.3.3-12', 'the same Packet Identifier after PUBCOMP is a new message', packetIdFreeAfterPubcomp],
  ['4.3.3-13', 'the exchange goes on though the message has expired', exchangeGoesOnThoughExpired],
  ['4.4.0-1', 'what is unacknowledged is sent again on reconnect, in order', resentInOrder],
  ['4.4.0-1', 'what is acknowledged is not', acknowledgedIsDone],
  ['4.4.0-1', 'nothing is sent again on one connection', notResentOnConnection],
  ['4.4.0-2', 'PUBACK and PUBREC of 0x80 acknowledge for good', refusalAcknowledges],
  ['4.5.0-1', 'a message is added to every session that matches', addedToMatchingSessions],
  ['4.6.0-5', 'messages keep their order at every QoS', ordered],
  ['4.6.0-6', 'messages that wait keep their order', orderedInQueue],
  ['4.7.0-1', 'wildcards in a Topic Name close the connection', wildcardInTopicName],
  ['4.7.1-1', '# elsewhere than alone at the end is not granted', hashMisplaced],
  ['4.7.1-1', 'filters match what they should', matching],
  ['4.7.1-2', '+ in part of a level is not granted', plusMisplaced],
  ['4.7.2-1', 'wildcards do not see topics that begin with $', dollarTopics],
  ['4.7.3-1', 'an empty Topic Name without alias closes the connection', emptyTopicName],
  ['4.7.3-1', 'an empty Topic Filter is not granted', emptyFilter],
  ['4.7.3-2', 'U+0000 in a Topic Name closes the connection', nulInTopicName],
  ['4.7.3-2', 'U+0000 in a Topic Filter is not granted', nulInFilter],
  ['4.7.3-3', 'a Topic Name of 65,000 bytes stays as it is', longTopicName],
  ['4.7.3-4', 'topics that look alike are different', notNormalized],
  ['4.9.0-1', 'the first message comes at every Receive Maximum', sendQuota],
  ['4.9.0-2', 'no more messages than the quota are in flight', sendQuota],
  ['4.9.0-3', 'other packets are answered at quota 0', answeredAtQuotaZero],
  ['6.0.0-1', 'a text frame closes the connection', textFrame],
  ['6.0.0-2', 'packets cross frames and frames hold packets', framesAndPackets],
  ['6.0.0-4', 'the subprotocol is mqtt', subprotocol],
])

async function answeredAtQuotaZero(bench: Bench): Promise<void> {
  const subscriber = await bench.connect({ properties: [Prop.receiveMaximum(1)] })
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), 2)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'x', { qos: 2 })
  await publisher.publish(bench.topic(), 'y', { qos: 2 })
  const { messageId } = await subscriber.expect('publish')
  await subscriber.ping()
  await subscriber.subscribe(bench.topic('other'), 0)
  subscriber.acknowledge('pubrec', messageId)
  assert.equal((await subscriber.expect('pubrel')).messageId, messageId)
}
