import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { HeldSubscriptions } from '../../support/held-subscriptions.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import { subscribePacket, type WireClient } from '../../support/wire-client.ts'

const STAYS = { clean: false, sessionExpiry: 100 }

describe('a subscription of a persistent session that is on its way to the store', () => {
  it('is not taken away by a worker that loads meanwhile', async () => {
    const { brokers, held } = await withHeldSubscriptions()
    const client = await brokers.connect('c', STAYS)
    held.holding = true
    client.send(subscribePacket(1, 'a', { qos: 1 }))
    await brokers.settle()
    await brokers.addWorker()
    assert.deepEqual(client.takeAll('suback'), [])
    held.release()
    await brokers.settle()
    assert.equal(client.takeAll('suback').length, 1)
    await assertReached(brokers, client)
  })

  it('is not brought back by a worker that loads while it is withdrawn', async () => {
    const { brokers, held } = await withHeldSubscriptions()
    const client = await brokers.connect('c', STAYS)
    await client.subscribe('a', { qos: 1 })
    held.holding = true
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    await brokers.settle()
    await brokers.addWorker()
    assert.deepEqual(client.takeAll('unsuback'), [])
    held.release()
    await brokers.settle()
    assert.equal(client.takeAll('unsuback').length, 1)
    await assertReachedByNobody(brokers)
  })

  it('is withdrawn where UNSUBSCRIBE follows before it is stored', async () => {
    const { brokers, held } = await withHeldSubscriptions()
    const client = await brokers.connect('c', STAYS)
    held.holding = true
    client.send(subscribePacket(1, 'a', { qos: 1 }))
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] })
    await brokers.settle()
    held.release()
    await brokers.settle()
    assert.deepEqual([client.takeAll('suback').length, client.takeAll('unsuback').length], [1, 1])
    await assertReachedByNobody(brokers)
  })

  it('is known to the peers although its connection is gone by then, and the session is not on-line for it', async () => {
    const { brokers, held } = await withHeldSubscriptions()
    const client = await brokers.connect('c', STAYS)
    held.holding = true
    client.send(subscribePacket(1, '$share/group/a', { qos: 1 }))
    await brokers.settle()
    // The writes of one worker reach the store in their order, so this one is there before the session is released.
    held.release()
    client.connection.lose()
    await brokers.settle()
    const other = await brokers.connect('other', { ...STAYS, at: 1 })
    await other.subscribe('$share/group/a', { qos: 1 })
    const publisher = await brokers.connect('publisher', { at: 1 })
    for (let number = 0; number < 4; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    assert.deepEqual(other.payloads(), ['0', '1', '2', '3'], 'connected members come first')
    await other.lose()
    for (let number = 4; number < 8; number++) await publisher.publish('a', `${number}`, { qos: 1 })
    const back = await brokers.connect('c', STAYS)
    assert.equal(back.payloads().length, 2, 'waiting members take turns')
  })
})

describe('late news of a session', () => {
  it('that was discarded does not keep its subscription alive', async () => {
    const brokers = await TestBrokers.start(3)
    brokers.network.hold('node/0', 'node/2')
    const first = await brokers.connect('c', STAYS)
    first.send(subscribePacket(1, 'a', { qos: 1 }))
    await brokers.settle()
    await first.disconnect()
    await brokers.connect('c', { at: 1, clean: true })
    brokers.network.release('node/0', 'node/2')
    await brokers.settle()
    await assertReachedByNobody(brokers)
  })

  it('that has expired, and of the worker that noticed, does not end the one that followed', async () => {
    const brokers = await TestBrokers.start(3)
    const first = await brokers.connect('c', { clean: false, sessionExpiry: 5 })
    await first.subscribe('a', { qos: 1 })
    await first.disconnect()
    for (const peer of ['node/1', 'node/2']) brokers.network.hold('node/0', peer)
    await brokers.pass(6_000)
    const second = await brokers.connect('c', { ...STAYS, at: 1 })
    second.send(subscribePacket(1, 'a', { qos: 1 }))
    await brokers.settle()
    for (const peer of ['node/1', 'node/2']) brokers.network.release('node/0', peer)
    await brokers.settle()
    assert.equal(second.takeAll('suback').length, 1)
    await assertReached(brokers, second)
  })
})

async function withHeldSubscriptions(): Promise<{ readonly brokers: TestBrokers; readonly held: HeldSubscriptions }> {
  const made: HeldSubscriptions[] = []
  const around = (store: ConstructorParameters<typeof HeldSubscriptions>[0]) => {
    const held = new HeldSubscriptions(store)
    made.push(held)
    return held.store
  }
  const brokers = await TestBrokers.start(2, { around })
  const [held] = made
  assert(held !== undefined)
  return { brokers, held }
}

async function assertReached(brokers: TestBrokers, client: WireClient): Promise<void> {
  for (const at of brokers.workers.keys()) {
    const publisher = await brokers.connect('publisher', { at })
    await publisher.publish('a', `from ${at}`, { qos: 1 })
    assert.equal(publisher.expect('puback').reasonCode, 0)
    assert.deepEqual(client.payloads(), [`from ${at}`])
  }
}

async function assertReachedByNobody(brokers: TestBrokers): Promise<void> {
  for (const at of brokers.workers.keys()) {
    const publisher = await brokers.connect('publisher', { at })
    await publisher.publish('a', 'x', { qos: 1 })
    assert.equal(publisher.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers, `from ${at}`)
  }
}
