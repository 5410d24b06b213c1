import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingAliases } from '../../../src/broker/outgoing-aliases.ts'
import { TestBrokers, type TestConnect } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const TOPIC = 'bees/hive/1'
const OTHER = 'bees/hive/2'

describe('the aliases that the broker sets', () => {
  for (const qos of [0, 1, 2] as const) {
    it(`v5 3.3.2.3.4 stand for the topic from the second message on, QoS ${qos}`, async () => {
      const { brokers, subscriber, publisher } = await subscribed({ properties: { topicAliasMaximum: 10 } })
      for (const topic of [TOPIC, OTHER, TOPIC, OTHER, TOPIC]) await publisher.publish(topic, 'x', { qos })
      assert.deepEqual(aliasesOf(subscriber), [
        [TOPIC, 1],
        [OTHER, 2],
        ['', 1],
        ['', 2],
        ['', 1],
      ])
      assert.equal(subscriber.open, true)
      await subscriber.lose()
      await publisher.lose()
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-3.1.2-26] [MQTT-3.1.2-27] keep within the Topic Alias Maximum of the client, and are not set without', async () => {
    const one = await subscribed({ properties: { topicAliasMaximum: 1 } })
    for (const topic of [TOPIC, OTHER, OTHER, TOPIC]) await one.publisher.publish(topic, 'x')
    assert.deepEqual(aliasesOf(one.subscriber), [
      [TOPIC, 1],
      [OTHER, undefined],
      [OTHER, undefined],
      ['', 1],
    ])
    for (const how of [{}, { version: 4 }] as const) {
      const none = await subscribed(how)
      for (const topic of [TOPIC, TOPIC]) await none.publisher.publish(topic, 'x')
      assert.deepEqual(
        none.subscriber.takeAll('publish').map(({ topic, properties }) => [topic, properties?.topicAlias]),
        [
          [TOPIC, undefined],
          [TOPIC, undefined],
        ],
      )
    }
  })

  it('v5 [MQTT-3.3.2-7] end with the connection: what is sent again on the next one has its topic', async () => {
    const how = { sessionExpiry: 60, clean: false, properties: { topicAliasMaximum: 10 } }
    const { brokers, subscriber, publisher } = await subscribed(how)
    subscriber.acknowledging = false
    for (const payload of ['1', '2']) await publisher.publish(TOPIC, payload, { qos: 1 })
    assert.deepEqual(aliasesOf(subscriber), [
      [TOPIC, 1],
      ['', 1],
    ])
    await subscriber.lose()
    await publisher.publish(TOPIC, '3', { qos: 1 })
    const back = await brokers.connect('subscriber', how)
    const messages = back.takeAll('publish')
    assert.deepEqual(
      messages.map(({ topic, dup, payload, properties }) => [topic, dup, payload.toString(), properties?.topicAlias]),
      [
        [TOPIC, true, '1', 1],
        ['', true, '2', 1],
        ['', false, '3', 1],
      ],
    )
  })

  it('are the same for messages that waited, were retained, or have Subscription Identifiers', async () => {
    const properties = { topicAliasMaximum: 10, receiveMaximum: 1 }
    const { subscriber, publisher } = await subscribed({ properties })
    for (const payload of ['1', '2', '3']) publisher.sendPublish(TOPIC, payload, { qos: 1 })
    await publisher.publish(TOPIC, '4', { qos: 1, retain: true })
    await subscriber.subscribe(TOPIC, { qos: 1, subscriptionIdentifier: 7 })
    const messages = subscriber.takeAll('publish')
    assert.deepEqual(
      messages.map(({ topic, payload, properties: said }) => [
        topic,
        payload.toString(),
        said?.topicAlias,
        [said?.subscriptionIdentifier].flat(),
      ]),
      [
        [TOPIC, '1', 1, [undefined]],
        ['', '2', 1, [undefined]],
        ['', '3', 1, [undefined]],
        ['', '4', 1, [undefined]],
        ['', '4', 1, [7]],
      ],
    )
  })

  it('are stamped for each of many subscribers, with and without them', async () => {
    const { brokers, publisher } = await subscribed({})
    const clients: WireClient[] = []
    for (const topicAliasMaximum of [0, 1, 5]) {
      const client = await brokers.connect(`c${topicAliasMaximum}`, { properties: { topicAliasMaximum } })
      await client.subscribe(topicAliasMaximum === 5 ? ['bees/#'] : [TOPIC])
      clients.push(client)
    }
    for (const topic of [OTHER, TOPIC, TOPIC]) await publisher.publish(topic, 'x')
    assert.deepEqual(clients.map(aliasesOf), [
      [
        [TOPIC, undefined],
        [TOPIC, undefined],
      ],
      [
        [TOPIC, 1],
        ['', 1],
      ],
      [
        [OTHER, 1],
        [TOPIC, 2],
        ['', 2],
      ],
    ])
  })

  it('make no packet larger than the client takes', async () => {
    // Fixed header 2, topic 13, properties 1, payload 1.
    const { subscriber, publisher } = await subscribed({ properties: { topicAliasMaximum: 5, maximumPacketSize: 17 } })
    for (const payload of ['x', 'y']) await publisher.publish(TOPIC, payload)
    assert.deepEqual(aliasesOf(subscriber), [
      [TOPIC, undefined],
      [TOPIC, undefined],
    ])
  })
})

describe('the table of aliases', () => {
  it('is for topics that are worth it, first come, and bounded', () => {
    const aliases = new OutgoingAliases(65_535)
    assert.deepEqual([aliases.add('abcd'), aliases.add('x'.repeat(1_025)), aliases.add('abcde')], [0, 0, 1])
    const given = Array.from({ length: 20 }, (_, number) => aliases.add(`topic${number}`))
    assert.deepEqual(given.slice(13), [15, 16, 0, 0, 0, 0, 0])
    assert.deepEqual([aliases.find('topic0'), aliases.find('topic19')], [2, 0])
  })
})

async function subscribed(how: TestConnect): Promise<{
  readonly brokers: TestBrokers
  readonly subscriber: WireClient
  readonly publisher: WireClient
}> {
  const brokers = await TestBrokers.start()
  const subscriber = await brokers.connect('subscriber', how)
  await subscriber.subscribe('bees/#', { qos: 2 })
  return { brokers, subscriber, publisher: await brokers.connect('publisher') }
}

function aliasesOf(client: WireClient): readonly (readonly [topic: string, alias: number | undefined])[] {
  return client.takeAll('publish').map(({ topic, properties }) => [topic, properties?.topicAlias] as const)
}
