import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

describe('UNSUBSCRIBE', () => {
  for (const sessionExpiry of [0, 100]) {
    for (const at of [0, 1]) {
      const who = `${sessionExpiry > 0 ? 'a persistent' : 'a'} client, published at worker ${at}`

      it(`v5 [MQTT-3.10.4-2] ends the deliveries to ${who}`, async () => {
        const brokers = await TestBrokers.start(2)
        const client = await brokers.connect('c', { sessionExpiry })
        const publisher = await brokers.connect('publisher', { at })
        await client.subscribe(['a', 'b', '$share/group/c'], { qos: 1 })
        assert.deepEqual(await client.unsubscribe('a', '$share/group/c'), [0, 0])
        for (const topic of ['a', 'b', 'c']) await publisher.publish(topic, topic, { qos: 1 })
        assert.deepEqual(client.payloads(), ['b'])
        assert.deepEqual(
          publisher.takeAll('puback').map(({ reasonCode }) => reasonCode),
          [ReasonCode.NoMatchingSubscribers, 0, ReasonCode.NoMatchingSubscribers],
        )
        await client.unsubscribe('b')
        assert.equal(brokers.count('subscriptions'), 0)
        await publisher.disconnect()
        await client.disconnect(0, sessionExpiry === 0 ? undefined : 0)
        brokers.assertNothingLeft()
      })
    }
  }

  it('v5 [MQTT-3.11.3-2] says for each filter whether there was a subscription', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.subscribe(['a', 'b/#'])
    assert.deepEqual(await client.unsubscribe('a', 'b', 'b/#', 'b/#', 'not#valid'), [
      0,
      ReasonCode.NoSubscriptionExisted,
      0,
      ReasonCode.NoSubscriptionExisted,
      ReasonCode.NoSubscriptionExisted,
    ])
  })

  it('v3.1.1 [MQTT-3.10.4-5] is answered though there was none', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { version: 4 })
    assert.deepEqual(await client.unsubscribe('a'), [])
  })

  it('of a persistent session holds after a reconnect', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', { sessionExpiry: 100 })
    await client.subscribe(['a', 'b'], { qos: 1 })
    await client.unsubscribe('a')
    await client.lose()
    const back = await brokers.connect('c', { at: 1, clean: false, sessionExpiry: 100 })
    const publisher = await brokers.connect('publisher')
    for (const topic of ['a', 'b']) await publisher.publish(topic, topic, { qos: 1 })
    assert.deepEqual(back.payloads(), ['b'])
  })

  it('v5 [MQTT-3.1.2-24] whose UNSUBACK exceeds the Maximum Packet Size ends the connection with 0x95', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { maximumPacketSize: 30 } })
    const unsubscriptions = Array.from({ length: 26 }, (_, number) => `${number}`)
    client.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions })
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.PacketTooLarge)
    assert.deepEqual(client.received, [])
    assert.equal(client.closedByBroker, true)
    brokers.assertNothingLeft()
  })
})
