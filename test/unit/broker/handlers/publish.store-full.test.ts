import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '../../../../src/core/errors.ts'
import type { Store } from '../../../../src/ports/store.ts'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

/** A store that may be full. */
class FillingStore {
  full = false

  around(store: Store): Store {
    const { queues } = store
    const append: Store['queues']['append'] = async (targets, message, received) => {
      if (this.full && targets.length > 0) throw new BrokerError('STORE_FULL', 'full')
      return await queues.append(targets, message, received)
    }
    const read = queues.read.bind(queues)
    const remove = queues.remove.bind(queues)
    const markReleased = queues.markReleased.bind(queues)
    const { sessions, subscriptions, retained } = store
    return {
      sessions,
      subscriptions,
      retained,
      queues: { append, read, remove, markReleased },
      close: () => store.close(),
    }
  }
}

async function start(): Promise<{ brokers: TestBrokers; filling: FillingStore }> {
  const filling = new FillingStore()
  const brokers = await TestBrokers.start(1, { around: store => filling.around(store) })
  return { brokers, filling }
}

describe('PUBLISH while the store is full', () => {
  for (const qos of [1, 2] as const) {
    it(`is refused with 0x97 at QoS ${qos} and taken again once there is room, under the same Packet Identifier`, async () => {
      const { brokers, filling } = await start()
      const kept = await brokers.connect('kept', { sessionExpiry: 100 })
      await kept.subscribe('t', { qos: 2 })
      const publisher = await brokers.connect('publisher', { sessionExpiry: 100 })
      publisher.acknowledging = false
      filling.full = true
      await publisher.publish('t', 'refused', { qos, messageId: 7 })
      const answer = qos === 1 ? publisher.expect('puback') : publisher.expect('pubrec')
      assert.deepEqual([answer.messageId, answer.reasonCode], [7, ReasonCode.QuotaExceeded])
      assert.equal(brokers.count('publishesOverQuota'), 1)
      filling.full = false
      await publisher.publish('t', 'taken', { qos, messageId: 7 })
      const next = qos === 1 ? publisher.expect('puback') : publisher.expect('pubrec')
      assert.equal(next.reasonCode, ReasonCode.Success)
      assert.deepEqual(kept.payloads(), ['taken'])
      assert.deepEqual(brokers.log.errors, [])
    })
  }

  it('goes on for subscribers that are not persistent, and at QoS 0', async () => {
    const { brokers, filling } = await start()
    const live = await brokers.connect('live')
    await live.subscribe('t', { qos: 1 })
    const publisher = await brokers.connect('publisher')
    filling.full = true
    await publisher.publish('t', 'one', { qos: 1 })
    await publisher.publish('t', 'zero', { qos: 0 })
    assert.equal(publisher.expect('puback').reasonCode, ReasonCode.Success)
    assert.deepEqual(live.payloads(), ['one', 'zero'])
  })

  it('ends the connection of an MQTT 3.1.1 client, which sends the message again on its next one', async () => {
    const { brokers, filling } = await start()
    const kept = await brokers.connect('kept', { sessionExpiry: 100 })
    await kept.subscribe('t', { qos: 1 })
    const publisher = await brokers.connect('publisher', { version: 4 })
    filling.full = true
    await publisher.publish('t', 'm', { qos: 1 })
    assert.equal(publisher.takeAll('puback').length, 0)
    assert.equal(publisher.closedByBroker, true)
    assert.deepEqual(brokers.log.errors, [])
  })
})
