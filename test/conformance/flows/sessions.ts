import assert from 'node:assert/strict'
import { PINGREQ } from '../../support/conformance-packets.ts'
import type { Bench } from '../bench.ts'
import { sessionPresentOf } from './connecting.ts'
import { messagesUntil, nextPayload, payloadsBeforeLast } from './steps.ts'

/** One and a half seconds, and what a server that looks round now and then may be late. */
const KEEP_ALIVE_DEADLINE_MS = 12_000

/** A session with a subscription and a message waiting in it. */
async function sessionWithMessage(bench: Bench): Promise<string> {
  const clientId = bench.name('lasting')
  const client = await bench.connectLasting(clientId)
  await client.subscribe(bench.topic(), 1)
  await client.disconnect()
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'waiting', { qos: 1 })
  return clientId
}

export async function cleanStartDiscards(bench: Bench): Promise<void> {
  const clientId = await sessionWithMessage(bench)
  const clean = await bench.connect({ as: clientId })
  assert.equal(sessionPresentOf(clean), false)
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'after', { qos: 1 })
  await clean.subscribe(bench.topic('other'))
  assert.deepEqual(await payloadsBeforeLast(clean, publisher, bench.topic('other')), [])
}

/** A session that began with Clean Session does not live on in a later one. */
export async function cleanSessionEnds(bench: Bench): Promise<void> {
  const clientId = bench.name('short')
  const first = await bench.connect({ as: clientId })
  await first.subscribe(bench.topic(), 1)
  await first.disconnect()
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'missed', { qos: 1 })
  const again = await bench.connectLasting(clientId)
  assert.equal(sessionPresentOf(again), false)
  await again.subscribe(bench.topic('end'), 1)
  assert.deepEqual(await payloadsBeforeLast(again, publisher, bench.topic('end'), { qos: 1 }), [])
}

export async function sessionGoesOn(bench: Bench): Promise<void> {
  const clientId = await sessionWithMessage(bench)
  const again = await bench.connectLasting(clientId)
  assert.equal(sessionPresentOf(again), true)
  assert.equal(await nextPayload(again), 'waiting')
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'subscribed still', { qos: 1 })
  assert.equal(await nextPayload(again), 'subscribed still')
}

export async function newSession(bench: Bench): Promise<void> {
  const client = await bench.connectLasting(bench.name('new'))
  assert.equal(sessionPresentOf(client), false)
}

/** A connection that breaks leaves its session like one that ends. */
export async function sessionSurvivesLoss(bench: Bench): Promise<void> {
  const clientId = bench.name('lost')
  const first = await bench.connectLasting(clientId)
  await first.subscribe(bench.topic(), 2)
  first.lose()
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'one', { qos: 1 })
  await publisher.publish(bench.topic(), 'two', { qos: 2 })
  const again = await bench.connectLasting(clientId)
  assert.equal(sessionPresentOf(again), bench.version > 3) // MQTT 3.1 has no such flag
  assert.deepEqual([await nextPayload(again), await nextPayload(again)].toSorted(), ['one', 'two'])
}

/** The session is there for as long as the connection, whatever else comes and goes. */
export async function sessionWhileConnected(bench: Bench): Promise<void> {
  const client = await bench.connect()
  await client.subscribe(bench.topic(), 1)
  await bench.elapse(2.5)
  client.send(PINGREQ)
  await client.expect('pingresp')
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'still there', { qos: 1 })
  assert.equal(await nextPayload(client), 'still there')
}

export async function retainedOutlivesSession(bench: Bench): Promise<void> {
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'kept', { retain: true, qos: 1 })
  await publisher.disconnect()
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic())
  assert.equal(await nextPayload(subscriber), 'kept')
}

export async function takeOver(bench: Bench): Promise<void> {
  const first = await bench.connect({ as: bench.name('same') })
  const second = await bench.connect({ as: bench.name('same') })
  await first.expectClosed()
  if (bench.version === 5) assert.equal((await first.expect('disconnect')).reasonCode, 0x8e)
  await second.ping()
}

/** Clean Start at a take-over: the new connection has nothing of the old session. */
export async function cleanTakeOver(bench: Bench): Promise<void> {
  const clientId = bench.name('same')
  const first = await bench.connectLasting(clientId)
  await first.subscribe(bench.topic(), 1)
  const second = await bench.connect({ as: clientId })
  assert.equal(sessionPresentOf(second), false)
  await first.expectClosed()
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'for the old one', { qos: 1 })
  await second.subscribe(bench.topic('new'))
  assert.deepEqual(await payloadsBeforeLast(second, publisher, bench.topic('new')), [])
}

/** And without Clean Start it has all of it. */
export async function resumingTakeOver(bench: Bench): Promise<void> {
  const clientId = bench.name('same')
  const first = await bench.connectLasting(clientId)
  await first.subscribe(bench.topic(), 1)
  const second = await bench.connectLasting(clientId)
  assert.equal(sessionPresentOf(second), true)
  await first.expectClosed()
  const publisher = await bench.connect()
  await publisher.publish(bench.topic(), 'for the new one', { qos: 1 })
  assert.deepEqual(await messagesUntil(second, 'for the new one'), [])
}

/** Silent for one and a half Keep Alive: closed as if the network had failed, so the will is published. */
export async function silentClient(bench: Bench): Promise<void> {
  const subscriber = await bench.connect()
  await subscriber.subscribe(bench.topic('will'))
  const silent = await bench.connect({ keepAliveSeconds: 1, will: { topicName: bench.topic('will'), payload: 'gone' } })
  const lively = await bench.connect({ keepAliveSeconds: 1 })
  const closed = silent.expectClosed(KEEP_ALIVE_DEADLINE_MS)
  while (!silent.isClosed && silent.openForMs < KEEP_ALIVE_DEADLINE_MS) {
    await bench.elapse(0.5)
    await lively.ping()
  }
  await closed
  assert.equal(await nextPayload(subscriber), 'gone')
  await lively.ping()
}

export async function pingIsAnswered(bench: Bench): Promise<void> {
  const client = await bench.connect()
  client.send(PINGREQ, PINGREQ)
  await client.expect('pingresp')
  await client.expect('pingresp')
}
