import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import type { PublishOptions } from '../../../support/wire-client.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

const refusals: readonly [name: string, limits: object, topic: string, options: PublishOptions, code: number][] = [
  ['v5 [MQTT-3.2.2-11] QoS above the maximum', { maximumQoS: 1 }, 'a', { qos: 2 }, ReasonCode.QoSNotSupported],
  ['v5 [MQTT-3.2.2-14] RETAIN', { retainAvailable: false }, 'a', { retain: true }, ReasonCode.RetainNotSupported],
  ['a topic with too many levels', { topicLevelsMax: 2 }, 'a/b/c', { qos: 1 }, ReasonCode.TopicNameInvalid],
  ['a topic of too many bytes', { topicBytesMax: 3 }, 'ää', { qos: 1 }, ReasonCode.TopicNameInvalid],
]

describe('a PUBLISH beyond the limits', () => {
  for (const [name, limits, topic, options, reasonCode] of refusals) {
    it(`ends the connection and reaches nobody: ${name}`, async () => {
      const brokers = await TestBrokers.start(1, { limits })
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('#')
      for (const version of [5, 4] as const) {
        const client = await brokers.connect('c', { version })
        await client.publish(topic, 'x', options)
        assert.equal(client.closedByBroker, true)
        if (version === 5) assert.equal(client.expect('disconnect').reasonCode, reasonCode)
        assert.deepEqual(client.received, [])
      }
      assert.deepEqual(watcher.payloads(), [])
    })
  }

  it('is one beyond: what is at the limit is taken', async () => {
    const brokers = await TestBrokers.start(1, { limits: { maximumQoS: 1, topicLevelsMax: 2, topicBytesMax: 3 } })
    const client = await brokers.connect('c')
    await client.publish('a/b', 'x', { qos: 1 })
    assert.equal(client.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers)
  })
})

describe('the longest Message Expiry Interval', () => {
  for (const version of [5, 4] as const) {
    it(`is given to a message of MQTT ${version} that has none`, async () => {
      const brokers = await TestBrokers.start(1, { limits: { messageExpirySecondsMax: 60 } })
      const [watcher, publisher] = [await brokers.connect('watcher'), await brokers.connect('p', { version })]
      await watcher.subscribe('a')
      await publisher.publish('a', 'x')
      assert.equal(watcher.expect('publish').properties?.messageExpiryInterval, 60)
    })
  }

  it('shortens a longer one and leaves a shorter one', async () => {
    const brokers = await TestBrokers.start(1, { limits: { messageExpirySecondsMax: 60 } })
    const [watcher, publisher] = [await brokers.connect('watcher'), await brokers.connect('p')]
    await watcher.subscribe('a')
    for (const messageExpiryInterval of [3600, 5]) {
      await publisher.publish('a', 'x', { properties: { messageExpiryInterval } })
    }
    const intervals = watcher.takeAll('publish').map(({ properties }) => properties?.messageExpiryInterval)
    assert.deepEqual(intervals, [60, 5])
  })

  it('ends a message that waits for its subscriber', async () => {
    const brokers = await TestBrokers.start(1, { limits: { messageExpirySecondsMax: 60 } })
    const how = { sessionExpiry: 3600, clean: false }
    const subscriber = await brokers.connect('s', how)
    await subscriber.subscribe('a', { qos: 1 })
    await subscriber.lose()
    await (await brokers.connect('p')).publish('a', 'x', { qos: 1 })
    await brokers.pass(61_000)
    const back = await brokers.connect('s', how)
    assert.deepEqual(back.payloads(), [])
    assert.equal(brokers.count('droppedExpired'), 1)
  })
})

describe('an MQTT 3 publisher', () => {
  it('knows no Receive Maximum and may send more than it at once', async () => {
    const brokers = await TestBrokers.start(1, { limits: { receiveMaximum: 2 } })
    const subscriber = await brokers.connect('s', { sessionExpiry: 60 })
    await subscriber.subscribe('a', { qos: 1 })
    const publisher = await brokers.connect('p', { version: 4 })
    for (let message = 0; message < 20; message++) publisher.sendPublish('a', String(message), { qos: 1 })
    await brokers.settle()
    assert.equal(publisher.closedByBroker, false)
    assert.equal(publisher.takeAll('puback').length, 20)
    assert.equal(subscriber.payloads().length, 20)
  })
})
