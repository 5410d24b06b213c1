import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BrokerLimits } from '../../../src/broker/limits.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

for (const sessionExpiry of [0, 100]) {
  const who = sessionExpiry > 0 ? 'a persistent subscriber' : 'a subscriber'

  describe(`the window of ${who}`, () => {
    it('v5 [MQTT-3.3.4-9] holds as many messages as its Receive Maximum; each acknowledgement lets one more in', async () => {
      const { brokers, subscriber, publisher } = await joined(sessionExpiry, 3)
      for (let number = 0; number < 10; number++)
        await publisher.publish('a', `${number}`, { qos: number % 2 === 0 ? 1 : 2 })
      const seen: string[] = []
      for (
        let inFlight = subscriber.takeAll('publish');
        inFlight.length > 0;
        inFlight = subscriber.takeAll('publish')
      ) {
        assert(inFlight.length <= 3)
        seen.push(...inFlight.map(({ payload }) => payload.toString()))
        for (const { messageId = 0, qos } of inFlight.toReversed()) {
          subscriber.send({ cmd: qos === 1 ? 'puback' : 'pubrec', messageId })
          await brokers.settle()
          if (qos === 2) {
            assert.equal(subscriber.expect('pubrel').messageId, messageId)
            subscriber.send({ cmd: 'pubcomp', messageId })
          }
          await brokers.settle()
        }
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 10 }, (_, number) => `${number}`),
      )
    })

    it('v5 4.9 PUBREC alone makes no room; one with an error does', async () => {
      const { brokers, subscriber, publisher } = await joined(sessionExpiry, 1)
      for (const payload of ['one', 'two', 'three']) await publisher.publish('a', payload, { qos: 2 })
      const first = subscriber.expect('publish')
      subscriber.send({ cmd: 'pubrec', messageId: first.messageId ?? 0 })
      await brokers.settle()
      assert.deepEqual(subscriber.payloads(), [])
      subscriber.send({ cmd: 'pubcomp', messageId: first.messageId ?? 0 })
      await brokers.settle()
      const second = subscriber.expect('publish')
      assert.equal(second.payload.toString(), 'two')
      subscriber.received.splice(0)
      subscriber.send({ cmd: 'pubrec', messageId: second.messageId ?? 0, reasonCode: 0x97 })
      await brokers.settle()
      assert.deepEqual(
        subscriber.received.map(({ cmd }) => cmd),
        ['publish'],
      )
      assert.deepEqual(subscriber.payloads(), ['three'])
    })

    it('lets QoS 0 pass while others wait', async () => {
      const { subscriber, publisher } = await joined(sessionExpiry, 1)
      for (const payload of ['one', 'two']) await publisher.publish('a', payload, { qos: 1 })
      await publisher.publish('a', 'zero', { qos: 0 })
      assert.deepEqual(subscriber.payloads(), ['one', 'zero'])
    })

    it('takes acknowledgements of what is not in flight without harm; an unknown PUBREC is answered with 0x92', async () => {
      const { brokers, subscriber, publisher } = await joined(sessionExpiry, 1)
      await publisher.publish('a', 'one', { qos: 1 })
      const { messageId = 0 } = subscriber.expect('publish')
      await publisher.publish('a', 'two', { qos: 1 })
      subscriber.send({ cmd: 'pubcomp', messageId }, { cmd: 'puback', messageId: 999 }, { cmd: 'pubrec', messageId })
      await brokers.settle()
      assert.equal(subscriber.expect('pubrel').reasonCode, 0x92)
      assert.deepEqual(subscriber.payloads(), [])
      subscriber.send({ cmd: 'puback', messageId }, { cmd: 'puback', messageId })
      await brokers.settle()
      assert.deepEqual(subscriber.payloads(), ['two'])
    })

    it('a PUBREC that comes twice is answered by PUBREL twice', async () => {
      const { brokers, subscriber, publisher } = await joined(sessionExpiry, 10)
      await publisher.publish('a', 'x', { qos: 2 })
      const { messageId = 0 } = subscriber.expect('publish')
      for (let time = 0; time < 2; time++) {
        subscriber.send({ cmd: 'pubrec', messageId })
        await brokers.settle()
        assert.equal(subscriber.expect('pubrel').reasonCode, 0)
      }
    })
  })

  describe(`${who} that does not read`, () => {
    it('gets QoS 1 messages when it reads again; QoS 0 are dropped above the bound and counted', async () => {
      const limits = { heldBackBytes: 10_000, qos0PendingBytesMax: 20_000 }
      const brokers = await TestBrokers.start(1, { limits })
      const subscriber = await brokers.connect('subscriber', { sessionExpiry })
      await subscriber.subscribe('a', { qos: 1 })
      const publisher = await brokers.connect('publisher')
      subscriber.connection.reading = false
      const large = 'x'.repeat(4_000)
      for (let number = 0; number < 20; number++) await publisher.publish('a', `${number} ${large}`, { qos: 1 })
      assert(subscriber.connection.pendingBytes < 20_000, 'it is not sent more than it can hold')
      for (let number = 0; number < 20; number++) await publisher.publish('a', `zero ${large}`, { qos: 0 })
      assert(subscriber.connection.pendingBytes < 30_000)
      const dropped = brokers.count('droppedBackpressure')
      assert(dropped > 10)
      subscriber.connection.readOn()
      await brokers.settle()
      const payloads = subscriber.payloads().map(payload => payload.split(' ')[0])
      assert.equal(payloads.filter(payload => payload === 'zero').length, 20 - dropped)
      assert.deepEqual(
        payloads.filter(payload => payload !== 'zero'),
        Array.from({ length: 20 }, (_, number) => `${number}`),
      )
    })
  })

  describe(`the Maximum Packet Size of ${who}`, () => {
    it('v5 [MQTT-3.1.2-24] [MQTT-3.1.2-25] keeps larger messages from it, which count as dropped', async () => {
      const brokers = await TestBrokers.start()
      const subscriber = await brokers.connect('subscriber', { sessionExpiry, properties: { maximumPacketSize: 100 } })
      await subscriber.subscribe('a', { qos: 2 })
      const publisher = await brokers.connect('publisher')
      for (const qos of [0, 1, 2] as const) {
        await publisher.publish('a', 'x'.repeat(100), { qos })
        await publisher.publish('a', `small ${qos}`, { qos })
      }
      assert.deepEqual(subscriber.payloads(), ['small 0', 'small 1', 'small 2'])
      assert.equal(brokers.count('droppedTooLarge'), 3)
      await subscriber.lose()
      const back = await brokers.connect('subscriber', { clean: false, sessionExpiry })
      assert.deepEqual(back.payloads(), [])
    })

    it('counts to the byte', async () => {
      const brokers = await TestBrokers.start()
      const publisher = await brokers.connect('publisher')
      // Fixed header 2, topic 3, packet id 2, properties 1, payload 12.
      for (const { maximumPacketSize, gets } of [
        { maximumPacketSize: 20, gets: true },
        { maximumPacketSize: 19, gets: false },
      ]) {
        const subscriber = await brokers.connect('subscriber', { sessionExpiry, properties: { maximumPacketSize } })
        await subscriber.subscribe('a', { qos: 1 })
        await publisher.publish('a', 'twelve bytes', { qos: 1 })
        assert.equal(subscriber.payloads().length, gets ? 1 : 0)
      }
    })
  })
}

describe('the queue of a subscriber in memory', () => {
  it('holds 1,000 messages; the newest is dropped and counted', async () => {
    const { brokers, subscriber, publisher } = await joined(0, 2)
    for (let number = 0; number < 1_010; number++) publisher.sendPublish('a', `${number}`, { qos: 1 })
    await brokers.settle()
    assert.equal(brokers.count('droppedQueueFull'), 8)
    subscriber.acknowledging = true
    const waiting = subscriber.takeAll('publish')
    subscriber.send(...waiting.map(({ messageId = 0 }) => ({ cmd: 'puback', messageId }) as const))
    await brokers.settle()
    const payloads = [...waiting.map(({ payload }) => payload.toString()), ...subscriber.payloads()]
    assert.deepEqual(
      payloads,
      Array.from({ length: 1_002 }, (_, number) => `${number}`),
    )
  })
})

describe('the queue of a subscriber in memory that discards the oldest', () => {
  it('keeps the newest messages in their order', async () => {
    const { brokers, subscriber, publisher } = await joined(0, 1, { queuedMessagesMax: 3, queueFull: 'discard-oldest' })
    for (let number = 0; number < 6; number++) publisher.sendPublish('a', `${number}`, { qos: 1 })
    await brokers.settle()
    subscriber.acknowledging = true
    const [sent] = subscriber.takeAll('publish')
    subscriber.send({ cmd: 'puback', messageId: sent?.messageId ?? 0 })
    await brokers.settle()
    assert.deepEqual([sent?.payload.toString(), ...subscriber.payloads()], ['0', '3', '4', '5'])
    assert.equal(brokers.count('droppedQueueFull'), 2)
  })
})

async function joined(
  sessionExpiry: number,
  receiveMaximum: number,
  limits: Partial<BrokerLimits> = {},
): Promise<{ readonly brokers: TestBrokers; readonly subscriber: WireClient; readonly publisher: WireClient }> {
  const brokers = await TestBrokers.start(1, { limits })
  const subscriber = await brokers.connect('subscriber', { sessionExpiry, properties: { receiveMaximum } })
  await subscriber.subscribe('a', { qos: 2 })
  subscriber.acknowledging = false
  return { brokers, subscriber, publisher: await brokers.connect('publisher') }
}
