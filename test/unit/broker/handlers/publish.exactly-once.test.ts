import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '../../../../src/core/errors.ts'
import type { Store } from '../../../../src/ports/store.ts'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

describe('QoS 2 from a client', () => {
  for (const sessionExpiry of [0, 100]) {
    const what = sessionExpiry > 0 ? 'a persistent session' : 'a session'

    it(`v5 [MQTT-4.3.3-10] is delivered once, however often it is sent before PUBREL, in ${what}`, async () => {
      const brokers = await TestBrokers.start()
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('a', { qos: 2 })
      const client = await brokers.connect('c', { sessionExpiry })
      client.acknowledging = false
      await client.publish('a', 'x', { qos: 2, messageId: 5 })
      for (let again = 0; again < 3; again++) {
        await client.publish('a', 'x', { qos: 2, messageId: 5, duplicate: true })
      }
      assert.equal(client.takeAll('pubrec').length, 4)
      assert.deepEqual(watcher.payloads(), ['x'])
      client.send({ cmd: 'pubrel', messageId: 5 })
      await brokers.settle()
      assert.equal(client.expect('pubcomp').reasonCode, 0)
      await client.publish('a', 'y', { qos: 2, messageId: 5 })
      assert.deepEqual(watcher.payloads(), ['y'], 'the identifier is free again')
    })
  }

  it('v5 4.3.3 is stored with the mark of it or not at all: a takeover comes before both or after both', async () => {
    const brokers = await TestBrokers.start(2)
    const stored = await brokers.connect('stored', { clean: false, sessionExpiry: 100 })
    await stored.subscribe('a', { qos: 2 })
    const first = await brokers.connect('c', { clean: false, sessionExpiry: 100, acknowledging: false })
    brokers.network.hold('node/0', 'node/1')
    const second = brokers.open(1)
    await second.connect('c', { clean: false, properties: { sessionExpiryInterval: 100 } })
    await first.publish('a', 'x', { qos: 2, messageId: 5 })
    assert.equal(first.expect('disconnect').reasonCode, ReasonCode.SessionTakenOver)
    assert.deepEqual(stored.payloads(), [])
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    second.expect('connack')
    await second.publish('a', 'x', { qos: 2, messageId: 5, duplicate: true })
    assert.equal(second.expect('pubrec').reasonCode, 0)
    assert.deepEqual(stored.payloads(), ['x'])
  })

  it('v5 4.3.3 leaves no mark where it could not be stored: it is taken when it comes again', async () => {
    const away: { failure: Error | undefined } = { failure: undefined }
    const brokers = await TestBrokers.start(1, { around: store => withFailingAppend(store, away) })
    const stored = await brokers.connect('stored', { clean: false, sessionExpiry: 100 })
    await stored.subscribe('a', { qos: 2 })
    const publisher = { clean: false, sessionExpiry: 100, acknowledging: false }
    const first = await brokers.connect('c', publisher)
    away.failure = new BrokerError('STORE_UNAVAILABLE', 'the store is away')
    await first.publish('a', 'x', { qos: 2, messageId: 5 })
    assert.deepEqual(first.takeAll('pubrec'), [])
    assert.equal(first.closedByBroker, true)
    away.failure = undefined
    const again = await brokers.connect('c', publisher)
    await again.publish('a', 'x', { qos: 2, messageId: 5, duplicate: true })
    assert.equal(again.expect('pubrec').reasonCode, 0)
    assert.deepEqual(stored.payloads(), ['x'])
  })

  it('v5 4.3.3 is known when it comes again, though nobody or a subscriber here alone has got it', async () => {
    const brokers = await TestBrokers.start(2)
    for (const topic of ['nobody', 'live', 'far']) {
      const watcher = await brokers.connect('watcher', { at: topic === 'far' ? 1 : 0 })
      await watcher.subscribe(['live', 'far'], { qos: 2 })
      const how = { clean: false, sessionExpiry: 100, acknowledging: false }
      const first = await brokers.connect('c', how)
      await first.publish(topic, 'x', { qos: 2, messageId: 5 })
      const { reasonCode } = first.expect('pubrec')
      assert.equal(reasonCode, topic === 'nobody' ? ReasonCode.NoMatchingSubscribers : 0)
      await first.lose()
      const again = await brokers.connect('c', how)
      await again.publish(topic, 'x', { qos: 2, messageId: 5, duplicate: true })
      assert.equal(again.takeAll('pubrec').length, 1)
      assert.deepEqual(watcher.payloads(), topic === 'nobody' ? [] : ['x'])
      again.send({ cmd: 'pubrel', messageId: 5 })
      await brokers.settle()
    }
  })

  it('v5 [MQTT-4.3.3-12] PUBREL of an unknown identifier is answered with 0x92', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    client.send({ cmd: 'pubrel', messageId: 77 })
    await brokers.settle()
    const { messageId, reasonCode } = client.expect('pubcomp')
    assert.deepEqual([messageId, reasonCode], [77, ReasonCode.PacketIdentifierNotFound])
  })

  it('v5 [MQTT-3.3.4-7] beyond the Receive Maximum ends the connection with 0x93', async () => {
    const brokers = await TestBrokers.start(1, { limits: { receiveMaximum: 3 } })
    const client = await brokers.connect('c')
    client.acknowledging = false
    for (let message = 1; message <= 3; message++) await client.publish('a', 'x', { qos: 2, messageId: message })
    assert.equal(client.closedByBroker, false)
    await client.publish('a', 'x', { qos: 2, messageId: 4 })
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ReceiveMaximumExceeded)
    assert.equal(client.closedByBroker, true)
  })

  it('v5 4.9 what an earlier connection has left to be released does not count towards it', async () => {
    const brokers = await TestBrokers.start(1, { limits: { receiveMaximum: 3 } })
    const how = { sessionExpiry: 100, clean: false }
    const client = await brokers.connect('c', how)
    client.acknowledging = false
    for (let message = 1; message <= 3; message++) await client.publish('a', 'x', { qos: 2, messageId: message })
    await client.lose()
    const back = await brokers.connect('c', how)
    back.acknowledging = false
    for (let message = 4; message <= 6; message++) await back.publish('a', 'x', { qos: 2, messageId: message })
    assert.equal(back.takeAll('pubrec').length, 3)
    back.send({ cmd: 'pubrel', messageId: 1 })
    await brokers.settle()
    assert.equal(back.expect('pubcomp').reasonCode, ReasonCode.Success)
    await back.publish('a', 'x', { qos: 2, messageId: 7 })
    assert.equal(back.expect('disconnect').reasonCode, ReasonCode.ReceiveMaximumExceeded)
  })

  it('v5 [MQTT-3.3.4-7] so do QoS 1 messages that wait for their PUBACK', async () => {
    const brokers = await TestBrokers.start(2, { limits: { receiveMaximum: 3 } })
    const client = await brokers.connect('c')
    const far = await brokers.connect('far', { at: 1 })
    await far.subscribe('a', { qos: 1 })
    for (let message = 1; message <= 4; message++) client.sendPublish('a', 'x', { qos: 1 })
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ReceiveMaximumExceeded)
  })
})

/** A store whose queues take nothing while there is a failure. */
function withFailingAppend(store: Store, away: { readonly failure: Error | undefined }): Store {
  const { sessions, subscriptions, queues, retained } = store
  const failing: Store['queues'] = {
    append: async (...args) => {
      if (away.failure !== undefined) throw away.failure
      return queues.append(...args)
    },
    read: (...args) => queues.read(...args),
    markReleased: (...args) => queues.markReleased(...args),
    remove: (...args) => queues.remove(...args),
  }
  return { sessions, subscriptions, queues: failing, retained, close: () => store.close() }
}
