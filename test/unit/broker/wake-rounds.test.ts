import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers } from '../../support/test-broker.ts'
import { publishPacket } from '../../support/wire-client.ts'

/** More than one part of a round. */
const SUBSCRIBERS = 101

describe('WakeRounds', () => {
  it('bring what a worker has stored and acknowledged, and has told nobody of when it died', async () => {
    const brokers = await TestBrokers.start(2)
    const subscribers = await Promise.all(
      Array.from({ length: SUBSCRIBERS }, (_, index) =>
        brokers.connect(`subscriber-${index}`, { at: 1, sessionExpiry: 100 }),
      ),
    )
    await Promise.all(subscribers.map(subscriber => subscriber.subscribe('t', { qos: 1 })))
    const publisher = await brokers.connect('publisher')
    brokers.network.hold(brokers.worker(0).address, brokers.worker(1).address)
    publisher.send(publishPacket('t', 'message', { qos: 1, messageId: 1 }))
    await brokers.settle()
    publisher.expect('puback')
    assert.equal(subscribers[0]?.takeAll('publish').length, 0)
    await brokers.kill(0)
    await brokers.pass(100)
    const counts = subscribers.map(subscriber => subscriber.takeAll('publish').length)
    assert.deepEqual(
      counts.filter(count => count !== 1),
      [],
    )
  })
})
