import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const QOS = [0, 1, 2] as const

describe('a Retained Message', () => {
  for (const sessionExpiry of [0, 100]) {
    const who = sessionExpiry > 0 ? 'a persistent subscriber' : 'a subscriber'

    it(`v5 [MQTT-3.3.1-5] reaches ${who} that comes later, at any worker, with the RETAIN flag`, async () => {
      const brokers = await TestBrokers.start(2)
      const publisher = await brokers.connect('publisher')
      for (const qos of QOS) await publisher.publish(`a/${qos}`, `${qos}`, { qos, retain: true })
      for (const at of [0, 1]) {
        for (const granted of QOS) {
          const subscriber = await brokers.connect('subscriber', { at, sessionExpiry })
          await subscriber.subscribe('a/+', { qos: granted, subscriptionIdentifier: 5 })
          const messages = subscriber.takeAll('publish')
          assert.deepEqual(
            messages.map(({ payload, qos, retain, properties }) => [
              payload.toString(),
              qos,
              retain,
              properties?.subscriptionIdentifier,
            ]),
            QOS.map(qos => [`${qos}`, Math.min(qos, granted), true, 5]),
          )
          await subscriber.disconnect(0, sessionExpiry === 0 ? undefined : 0)
        }
      }
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })

    it(`v5 [MQTT-3.3.1-9] to [MQTT-3.3.1-11] is sent as Retain Handling says, to ${who}`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c', { sessionExpiry })
      await client.publish('a', 'kept', { retain: true })
      const sent: number[] = []
      for (const retainHandling of [0, 0, 1, 2] as const) {
        await client.subscribe('a', { retainHandling })
        sent.push(client.payloads().length)
      }
      await client.unsubscribe('a')
      for (const retainHandling of [2, 1] as const) {
        await client.subscribe('a', { retainHandling })
        sent.push(client.payloads().length)
      }
      await client.unsubscribe('a')
      await client.subscribe('a', { retainHandling: 1 })
      sent.push(client.payloads().length)
      assert.deepEqual(sent, [1, 1, 0, 0, 0, 0, 1])
    })

    it(`comes after SUBACK, and once for each filter of a packet that matches, to ${who}`, async () => {
      const brokers = await TestBrokers.start()
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'kept', { qos: 1, retain: true })
      const client = await brokers.connect('c', { sessionExpiry })
      client.send({
        cmd: 'subscribe',
        messageId: 1,
        subscriptions: [
          { topic: 'a', qos: 1 },
          { topic: '+', qos: 0 },
          { topic: '$share/group/a', qos: 1 },
        ],
      })
      await brokers.settle()
      assert.deepEqual(
        client.received.map(({ cmd }) => cmd),
        ['suback', 'publish', 'publish'],
      )
    })

    it(`is one of more than 1,000 that all reach ${who}, at the pace of its acknowledgements`, async () => {
      const brokers = await TestBrokers.start()
      const publisher = await brokers.connect('publisher')
      for (let number = 0; number < 2_500; number++) {
        publisher.sendPublish(`a/${number % 5}/${number}`, `${number}`, { qos: 1, retain: true })
        if (number % 500 === 0) await brokers.settle()
      }
      await brokers.settle()
      for (const receiveMaximum of [10, 65_535]) {
        const client = await brokers.connect('c', { sessionExpiry, properties: { receiveMaximum } })
        await client.subscribe(['a/0/#', 'a/1/#', 'a/2/#', 'a/3/#', 'a/4/#'], { qos: 1 })
        assert.equal(new Set(client.payloads()).size, 2_500)
        await client.disconnect(0, sessionExpiry === 0 ? undefined : 0)
      }
      assert.equal(brokers.count('droppedQueueFull'), 0)
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })

    it(`is one of more than 1,000 that wait while ${who} acknowledges none`, async () => {
      const brokers = await TestBrokers.start()
      const publisher = await brokers.connect('publisher')
      for (let number = 0; number < 2_500; number++) {
        publisher.sendPublish(`a/${number}`, `${number}`, { qos: 1, retain: true })
        if (number % 500 === 0) await brokers.settle()
      }
      await brokers.settle()
      const client = await brokers.connect('c', { sessionExpiry })
      client.acknowledging = false
      await client.subscribe('a/#', { qos: 1 })
      assert.equal(brokers.count('droppedQueueFull'), 0)
      await publisher.publish('a/live', 'live', { qos: 1 })
      assert.equal(brokers.count('droppedQueueFull'), 0, 'there is room for others')
      const seen = new Set<string>()
      for (let sent = client.takeAll('publish'); sent.length > 0; sent = client.takeAll('publish')) {
        for (const { payload } of sent) seen.add(payload.toString())
        client.send(...sent.map(({ messageId = 0 }) => ({ cmd: 'puback', messageId }) as const))
        await brokers.settle()
      }
      assert.equal(seen.size, 2_501)
      assert.equal(brokers.count('droppedQueueFull'), 0)
    })

    it(`may be one of many while the connection of ${who} is lost`, async () => {
      const brokers = await TestBrokers.start()
      const publisher = await brokers.connect('publisher')
      for (let number = 0; number < 500; number++) publisher.sendPublish(`a/${number}`, 'x', { qos: 1, retain: true })
      await brokers.settle()
      const client = await brokers.connect('c', { sessionExpiry, properties: { receiveMaximum: 5 } })
      client.acknowledging = false
      await client.subscribe('a/#', { qos: 1 })
      await client.lose()
      await publisher.disconnect()
      await brokers.pass(110_000)
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-3.3.1-6] [MQTT-3.3.1-7] is replaced by the next one, and removed by an empty payload', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    const live = await brokers.connect('live', { at: 1 })
    await live.subscribe('a')
    const late = async (): Promise<readonly string[]> => {
      const client = await brokers.connect('late', { at: 1 })
      await client.subscribe('a')
      return client.payloads()
    }
    await publisher.publish('a', 'one', { retain: true })
    await publisher.publish('a', 'two', { qos: 1, retain: true })
    assert.deepEqual(await late(), ['two'])
    await publisher.publish('a', 'three', { qos: 1 })
    assert.deepEqual(await late(), ['two'])
    await publisher.publish('a', '', { retain: true })
    assert.deepEqual(await late(), [])
    assert.deepEqual(live.payloads(), ['one', 'two', 'three', ''])
  })

  it('v5 [MQTT-3.3.1-12] reaches those who are there without the flag, with Retain As Published with it', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    for (const sessionExpiry of [0, 100]) {
      const client = await brokers.connect('c', { at: 1, sessionExpiry })
      for (const retainAsPublished of [false, true]) {
        for (const qos of QOS) {
          await client.subscribe('a', { qos, retainAsPublished, retainHandling: 2 })
          await publisher.publish('a', 'x', { qos: 2, retain: true })
          assert.equal(client.expect('publish').retain, retainAsPublished)
          await publisher.publish('a', 'x', { qos: 2 })
          assert.equal(client.expect('publish').retain, false)
        }
      }
    }
  })

  it('v5 [MQTT-3.3.2-5] is gone when it has expired, and tells what is left of its interval before', async () => {
    const brokers = await TestBrokers.start()
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'x', { retain: true, properties: { messageExpiryInterval: 10 } })
    await brokers.pass(4_000)
    const early = await brokers.connect('early')
    await early.subscribe('a')
    assert.equal(early.expect('publish').properties?.messageExpiryInterval, 6)
    await brokers.pass(6_000)
    const late = await brokers.connect('late')
    await late.subscribe('a')
    assert.deepEqual(late.payloads(), [])
  })

  it('is not sent for a Shared Subscription', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.publish('a', 'kept', { retain: true })
    await client.subscribe('$share/group/a')
    assert.deepEqual(client.payloads(), [])
  })

  it('that cannot be stored is refused with 0x97, and the connection of an MQTT 3 client ends', async () => {
    const brokers = await TestBrokers.start(1, { store: { retainedMessagesMax: 1 } })
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'x', { qos: 1, retain: true })
    assert.equal(publisher.takeAll('puback').length, 1)
    await publisher.publish('b', 'x', { qos: 1, retain: true })
    assert.equal(publisher.expect('puback').reasonCode, ReasonCode.QuotaExceeded)
    await publisher.publish('b', 'x', { retain: true })
    assert.equal(publisher.open, true)
    const old = await brokers.connect('old', { version: 4 })
    await old.publish('b', 'x', { qos: 1, retain: true })
    assert.equal(old.closedByBroker, true)
    assert.deepEqual([old.takeAll('puback'), brokers.log.errors], [[], []])
    assert.equal(brokers.count('publishesOverQuota'), 3)
  })
})
