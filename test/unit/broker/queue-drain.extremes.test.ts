import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Message, NEVER_EXPIRES, NO_PROPERTIES } from '../../../src/core/message.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const PACKET_IDS = 65_535
const session = { sessionExpiry: 1_000, clean: false } as const

/** Puts messages into the queue of `clientId`, as a publisher's worker does. */
async function fill(brokers: TestBrokers, clientId: string, count: number, expiresAtMs = NEVER_EXPIRES): Promise<void> {
  const delivery = { qos: 1, retain: false, subscriptionIdentifiers: [] } as const
  for (let number = 1; number <= count; number++) {
    const message = new Message({
      topicName: 't',
      payload: Buffer.from(String(number)),
      properties: NO_PROPERTIES,
      qos: 1,
      retain: false,
      expiresAtMs,
      publisher: '',
    })
    await brokers.store.queues.append([{ clientId, delivery }], message)
  }
}

/** A session that is away. */
async function away(brokers: TestBrokers, clientId: string): Promise<void> {
  const client = await brokers.connect(clientId, session)
  await client.subscribe('t', { qos: 1 })
  await client.lose()
}

describe('the queue of a session', () => {
  it('has all 65,535 Packet Identifiers in flight, and goes on with each that becomes free', async () => {
    const brokers = await TestBrokers.start(1, {
      limits: { inflightMax: PACKET_IDS },
      store: { queuedMessagesMax: PACKET_IDS + 3 },
    })
    await away(brokers, 'c')
    await fill(brokers, 'c', PACKET_IDS + 3)
    const client = await brokers.connect('c', { ...session, acknowledging: false })
    await brokers.settle()
    const sent = client.takeAll('publish')
    assert.equal(sent.length, PACKET_IDS)
    assert.equal(new Set(sent.map(({ messageId }) => messageId)).size, PACKET_IDS)
    client.send({ cmd: 'puback', messageId: 1 }, { cmd: 'puback', messageId: 2 })
    await brokers.settle()
    const next = client.takeAll('publish').map(({ messageId, payload }) => [messageId, payload.toString()])
    assert.deepEqual(next, [
      [1, String(PACKET_IDS + 1)],
      [2, String(PACKET_IDS + 2)],
    ])
  })

  it('waits, bounded, for a client that never acknowledges, whose publishers and neighbours go on', async () => {
    const brokers = await TestBrokers.start(1, { limits: { inflightMax: 10 }, store: { queuedMessagesMax: 50 } })
    const silent = await brokers.connect('silent', { ...session, acknowledging: false })
    const neighbour = await brokers.connect('neighbour', session)
    for (const client of [silent, neighbour]) await client.subscribe('t', { qos: 1 })
    const publisher = await brokers.connect('publisher')
    for (let number = 1; number <= 100; number++) await publisher.publish('t', String(number), { qos: 1 })
    await brokers.settle()
    assert.equal(silent.takeAll('publish').length, 10)
    assert.equal(neighbour.payloads().length, 100)
    assert.equal(publisher.takeAll('puback').length, 100)
    assert.equal(brokers.count('droppedQueueFull'), 50)
  })

  it('that is full of expired messages sends none of them, and what comes behind them at once', async () => {
    const brokers = await TestBrokers.start(1, { store: { queuedMessagesMax: 2_000 } })
    await away(brokers, 'c')
    await fill(brokers, 'c', 1_999, brokers.clock.nowMs() + 1)
    await fill(brokers, 'c', 1)
    brokers.clock.advance(1_000)
    const client = await brokers.connect('c', session)
    await brokers.settle()
    assert.deepEqual(client.payloads(), ['1'])
    assert.equal(brokers.count('droppedExpired'), 1_999)
    assert.deepEqual(await brokers.store.queues.read('c', 0, 10), [])
  })
})
