import assert from 'node:assert/strict'
import type { ConformanceClient } from '../../support/conformance-client.ts'
import { publishBytes } from '../../support/conformance-packets.ts'
import type { Bench } from '../bench.ts'
import { duplicateFlag, messagesUntil, nextPayload, pair, payloadsBeforeLast } from './steps.ts'

/** A client with a lasting session that is subscribed, and one that publishes. */
async function lastingPair(
  bench: Bench,
  qos: 1 | 2,
  clientId = bench.name('lasting'),
): Promise<{ subscriber: ConformanceClient; publisher: ConformanceClient; again: () => Promise<ConformanceClient> }> {
  const subscriber = await bench.connectLasting(clientId)
  subscriber.acknowledging = false
  await subscriber.subscribe(bench.topic(), qos)
  return { subscriber, publisher: await bench.connect(), again: () => bench.connectLasting(clientId) }
}

export async function qos0DuplicateFlag(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  await publisher.publish(topicName, 'x')
  await nextPayload(subscriber)
  assert.deepEqual(subscriber.bytesOf('publish').map(duplicateFlag), [false])
}

/** The publisher's DUP is between it and the server. */
export async function duplicateFlagStays(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  await publisher.publish(topicName, 'one', { qos: 1, duplicate: true })
  await publisher.publish(topicName, 'two', { qos: 2, duplicate: true })
  await messagesUntil(subscriber, 'two')
  assert.deepEqual(subscriber.bytesOf('publish').map(duplicateFlag), [false, false])
}

/** Sent again on the next connection: same Packet Identifier, DUP set. */
export async function resentWithDuplicateFlag(bench: Bench): Promise<void> {
  for (const qos of [1, 2] as const) {
    const { subscriber, publisher, again } = await lastingPair(bench, qos, bench.name(`qos${qos}`))
    await publisher.publish(bench.topic(), 'x', { qos })
    const first = await subscriber.expect('publish')
    assert.equal(first.dup, false)
    subscriber.lose()
    const resumed = await again()
    const second = await resumed.expect('publish')
    assert.deepEqual([second.payload.toString(), second.dup, second.messageId], ['x', true, first.messageId])
  }
}

/** The same when the next connection comes before the end of the first was noticed. */
export async function resentAfterTakeOver(bench: Bench): Promise<void> {
  for (const qos of [1, 2] as const) {
    const { subscriber, publisher, again } = await lastingPair(bench, qos, bench.name(`taken${qos}`))
    await publisher.publish(bench.topic(), 'x', { qos })
    const first = await subscriber.expect('publish')
    const resumed = await again()
    const second = await resumed.expect('publish')
    assert.deepEqual([second.payload.toString(), second.dup, second.messageId], ['x', true, first.messageId])
  }
}

/** On one connection nothing is sent twice, however long the client takes. */
export async function notResentOnConnection(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  await publisher.publish(topicName, 'one', { qos: 1 })
  await publisher.publish(topicName, 'two', { qos: 2 })
  await subscriber.expect('publish')
  const { messageId } = await subscriber.expect('publish')
  subscriber.acknowledge('pubrec', messageId)
  await subscriber.expect('pubrel')
  await bench.elapse(3)
  await subscriber.ping()
  assert.deepEqual([subscriber.bytesOf('publish').length, subscriber.bytesOf('pubrel').length], [2, 1])
}

/** After PUBREC it is the PUBREL that is unacknowledged. */
export async function pubrelResent(bench: Bench): Promise<void> {
  const { subscriber, publisher, again } = await lastingPair(bench, 2)
  await publisher.publish(bench.topic(), 'x', { qos: 2 })
  const { messageId } = await subscriber.expect('publish')
  subscriber.acknowledge('pubrec', messageId)
  await subscriber.expect('pubrel')
  subscriber.lose()
  const resumed = await again()
  assert.equal((await resumed.expect('pubrel')).messageId, messageId)
  const publisherAgain = await bench.connect()
  assert.deepEqual(await payloadsBeforeLast(resumed, publisherAgain, bench.topic(), { qos: 1 }), [])
}

/** Those that were sent, in the order they were sent in. */
export async function resentInOrder(bench: Bench): Promise<void> {
  const { subscriber, publisher, again } = await lastingPair(bench, 2)
  const sent = ['1', '2', '3', '4', '5', '6']
  for (const [index, payload] of sent.entries())
    await publisher.publish(bench.topic(), payload, { qos: index % 2 === 0 ? 1 : 2 })
  for (const payload of sent) assert.equal(await nextPayload(subscriber), payload)
  subscriber.lose()
  const resumed = await again()
  for (const payload of sent) assert.equal(await nextPayload(resumed), payload)
}

export async function pubrelInOrder(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  for (const payload of ['1', '2', '3', '4']) await publisher.publish(topicName, payload, { qos: 2 })
  const ids: (number | undefined)[] = []
  for (let count = 0; count < 4; count++) ids.push((await subscriber.expect('publish')).messageId)
  for (const id of ids.toReversed()) subscriber.acknowledge('pubrec', id)
  const released: (number | undefined)[] = []
  for (let count = 0; count < 4; count++) released.push((await subscriber.expect('pubrel')).messageId)
  assert.deepEqual(released, ids.toReversed())
}

/** A message that was acknowledged is not sent again. */
export async function acknowledgedIsDone(bench: Bench): Promise<void> {
  const { subscriber, publisher, again } = await lastingPair(bench, 1)
  await publisher.publish(bench.topic(), 'done', { qos: 1 })
  subscriber.acknowledge('puback', (await subscriber.expect('publish')).messageId)
  await subscriber.ping()
  await bench.elapse(0.3) // a PUBACK that was on its way when the connection broke may count as lost
  subscriber.lose()
  const resumed = await again()
  assert.deepEqual(await payloadsBeforeLast(resumed, publisher, bench.topic(), { qos: 1 }), [])
}

/** PUBACK for QoS 1, PUBREC for QoS 2, nothing for QoS 0. */
export async function answeredByQoS(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.acknowledging = false
  client.send(
    publishBytes(bench.version, bench.topic(), 'x'),
    publishBytes(bench.version, bench.topic(), 'x', { qos: 1, packetId: 1 }),
    publishBytes(bench.version, bench.topic(), 'x', { qos: 2, packetId: 2 }),
  )
  await client.expect('puback')
  await client.expect('pubrec')
  await client.ping()
  assert.deepEqual(client.arrivals.map(({ packet }) => packet.cmd).toSorted(), [
    'connack',
    'pingresp',
    'puback',
    'pubrec',
  ])
}

/** After its PUBACK a Packet Identifier is free, DUP or not. */
export async function packetIdFreeAfterPuback(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 1)
  await publisher.publish(topicName, 'one', { qos: 1, packetId: 7 })
  await publisher.publish(topicName, 'two', { qos: 1, packetId: 7, duplicate: true })
  assert.deepEqual([await nextPayload(subscriber), await nextPayload(subscriber)], ['one', 'two'])
}

/** Sent twice before PUBREL: answered twice, delivered once. */
export async function exactlyOnce(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  publisher.acknowledging = false
  for (const duplicate of [false, true]) {
    publisher.send(publishBytes(bench.version, topicName, 'once', { qos: 2, packetId: 9, duplicate }))
    assert.equal((await publisher.expect('pubrec')).messageId, 9)
  }
  publisher.acknowledge('pubrel', 9)
  await publisher.expect('pubcomp')
  publisher.acknowledging = true
  assert.deepEqual(await payloadsBeforeLast(subscriber, publisher, topicName, { qos: 2 }), ['once'])
}

/** Also when the publisher's connection breaks in between. */
export async function exactlyOnceAcrossConnections(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic(), 2)
  const first = await bench.connectLasting(bench.name('publisher'))
  first.acknowledging = false
  first.send(publishBytes(bench.version, bench.topic(), 'once', { qos: 2, packetId: 9 }))
  await first.expect('pubrec')
  first.lose()
  const second = await bench.connectLasting(bench.name('publisher'))
  second.acknowledging = false
  second.send(publishBytes(bench.version, bench.topic(), 'once', { qos: 2, packetId: 9, duplicate: true }))
  await second.expect('pubrec')
  second.acknowledge('pubrel', 9)
  await second.expect('pubcomp')
  second.acknowledging = true
  assert.deepEqual(await payloadsBeforeLast(subscriber, second, bench.topic(), { qos: 2, packetId: 10 }), ['once'])
}

/** After PUBCOMP a Packet Identifier is free. */
export async function packetIdFreeAfterPubcomp(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  await publisher.publish(topicName, 'one', { qos: 2, packetId: 7 })
  await publisher.publish(topicName, 'two', { qos: 2, packetId: 7 })
  assert.deepEqual([await nextPayload(subscriber), await nextPayload(subscriber)], ['one', 'two'])
}

/** PUBREL is answered even where nothing is known of its Packet Identifier any more. */
export async function pubrelIsAnswered(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.acknowledging = false
  client.send(publishBytes(bench.version, bench.topic(), 'x', { qos: 2, packetId: 3 }))
  await client.expect('pubrec')
  client.acknowledge('pubrel', 3)
  assert.equal((await client.expect('pubcomp')).messageId, 3)
  client.acknowledge('pubrel', 3)
  assert.equal((await client.expect('pubcomp')).messageId, 3)
}

/** A whole delivery, seen from the subscriber. */
export async function qos2Delivery(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 2)
  subscriber.acknowledging = false
  await publisher.publish(topicName, 'x', { qos: 2 })
  const message = await subscriber.expect('publish')
  assert.deepEqual([message.qos, message.dup], [2, false])
  subscriber.acknowledge('pubrec', message.messageId)
  assert.equal((await subscriber.expect('pubrel')).messageId, message.messageId)
  subscriber.acknowledge('pubcomp', message.messageId)
  await subscriber.ping()
}

export async function qos1Delivery(bench: Bench): Promise<void> {
  const { subscriber, publisher, topicName } = await pair(bench, 1)
  subscriber.acknowledging = false
  await publisher.publish(topicName, 'x', { qos: 1 })
  const message = await subscriber.expect('publish')
  assert.deepEqual([message.qos, message.dup], [1, false])
  subscriber.acknowledge('puback', message.messageId)
  await subscriber.ping()
}

/** A message for a session without a connection, one with, and one that ends with its connection. */
export async function addedToMatchingSessions(bench: Bench): Promise<void> {
  const { subscriber, publisher, again } = await lastingPair(bench, 1)
  await subscriber.disconnect()
  const { subscriber: connected } = await pair(bench, 1)
  await publisher.publish(bench.topic(), 'for all', { qos: 1 })
  assert.equal(await nextPayload(connected), 'for all')
  assert.equal(await nextPayload(await again()), 'for all')
}

/** Many messages, sent without waiting, at each QoS. */
export async function ordered(bench: Bench): Promise<void> {
  const { subscriber, publisher } = await pair(bench, 2)
  const numbers = Array.from({ length: 50 }, (_, index) => index + 1)
  for (const qos of [0, 1, 2] as const) {
    const packets = numbers.map(number =>
      publishBytes(bench.version, bench.topic(), `${number}`, qos === 0 ? {} : { qos, packetId: qos * 1000 + number }),
    )
    for (let start = 0; start < packets.length; start += 10) {
      publisher.send(...packets.slice(start, start + 10))
      if (qos > 0) for (let count = 0; count < 10; count++) await publisher.expect(qos === 1 ? 'puback' : 'pubcomp')
    }
    for (const number of numbers) assert.equal(await nextPayload(subscriber), `${number}`)
  }
}

/** And for a session that was away. */
export async function orderedInQueue(bench: Bench): Promise<void> {
  const { subscriber, publisher, again } = await lastingPair(bench, 1)
  await subscriber.disconnect()
  const numbers = Array.from({ length: 30 }, (_, index) => `${index + 1}`)
  for (const number of numbers) await publisher.publish(bench.topic(), number, { qos: 1 })
  const resumed = await again()
  for (const number of numbers) assert.equal(await nextPayload(resumed), number)
}

/** One copy or several: the highest granted QoS is among them. */
export async function overlapping(bench: Bench): Promise<void> {
  const [subscriber, publisher] = await Promise.all([bench.connect(), bench.connect()])
  await subscriber.subscribe([
    [bench.topic('a/+'), 0],
    [bench.topic('a/b'), 2],
    [bench.topic('#'), 1],
  ])
  await publisher.publish(bench.topic('a/b'), 'x', { qos: 2 })
  await publisher.publish(bench.topic('end'), 'end', { qos: 2 })
  const copies = await messagesUntil(subscriber, 'end')
  assert.equal(Math.max(...copies.map(({ qos }) => qos)), 2)
}
