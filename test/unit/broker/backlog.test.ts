import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers } from '../../support/test-broker.ts'

const MEBIBYTE = 1024 * 1024

describe('a client that publishes faster than its messages become safe', () => {
  it('is read no further, and read on when they are', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('p', { at: 0 })
    const subscriber = await brokers.connect('s', { at: 1 })
    await subscriber.subscribe('t', { qos: 1 })
    brokers.network.stalled = true
    for (let message = 0; message < 3; message++) {
      publisher.sendPublish('t', 'x'.repeat(MEBIBYTE / 2), { qos: 1, messageId: message + 1 })
    }
    await brokers.settle()
    assert.equal(publisher.connection.paused, true)
    brokers.network.stalled = false
    await brokers.settle()
    assert.equal(publisher.connection.paused, false)
    assert.equal(subscriber.takeAll('publish').length, 3)
  })

  it('loses QoS 0 messages on a way that is congested, so that others keep it', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('p', { at: 0 })
    const subscriber = await brokers.connect('s', { at: 1 })
    await subscriber.subscribe('t', { qos: 1 })
    brokers.network.congested.add(brokers.worker(1).address)
    publisher.sendPublish('t', 'lost', { qos: 0 })
    await publisher.publish('t', 'kept', { qos: 1 })
    await brokers.settle()
    assert.deepEqual(subscriber.payloads(), ['kept'])
    assert.equal(brokers.count('droppedBackpressure'), 1)
  })
})
