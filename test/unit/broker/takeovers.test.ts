import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

describe('a second CONNECT with the same Client Identifier', () => {
  for (const at of [0, 1]) {
    const where = at === 0 ? 'at the same worker' : 'at another worker'

    it(`v5 [MQTT-3.1.4-3] ends the first connection with 0x8E, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c')
      const second = await brokers.connect('c', { at })
      assertTakenOver(first)
      assert.equal(brokers.count('takeovers'), 1)
      await second.disconnect()
      brokers.assertNothingLeft()
    })

    it(`v3.1.1 [MQTT-3.1.4-2] ends the first connection without a word, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c', { version: 4 })
      await brokers.connect('c', { at, version: 4 })
      assert.equal(first.closedByBroker, true)
      assert.deepEqual(first.received, [])
    })

    it(`goes on with the session of the first, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c', { sessionExpiry: 100 })
      await first.subscribe(['a', 'b'], { qos: 1 })
      const second = await brokers.connect('c', { at, clean: false, sessionExpiry: 100, admitted: false })
      assert.equal(second.expect('connack').sessionPresent, true)
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'one', { qos: 1 })
      assert.deepEqual(second.payloads(), ['one'])
      assert.deepEqual(first.payloads(), [])
      await second.disconnect(0, 0)
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })

    it(`v5 [MQTT-3.3.1-1] is sent with DUP what the first may have been sent, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c', { sessionExpiry: 100, acknowledging: false })
      await first.subscribe('a', { qos: 1 })
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'sent', { qos: 1 })
      const { messageId = 0 } = first.expect('publish')
      const second = await brokers.connect('c', { at, clean: false, sessionExpiry: 100 })
      await publisher.publish('a', 'new', { qos: 1 })
      assert.deepEqual(
        second.takeAll('publish').map(message => [message.payload.toString(), message.dup, message.messageId]),
        [
          ['sent', true, messageId],
          ['new', false, messageId + 1],
        ],
      )
    })

    it(`ends the session of the first where it asks for a clean one, ${where}`, async () => {
      const brokers = await TestBrokers.start(2)
      const first = await brokers.connect('c', { sessionExpiry: 100 })
      await first.subscribe('a', { qos: 1 })
      const second = await brokers.connect('c', { at, admitted: false })
      assert.equal(second.expect('connack').sessionPresent, false)
      const publisher = await brokers.connect('publisher', { at: 1 - at })
      await publisher.publish('a', 'one', { qos: 1 })
      assert.equal(publisher.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers)
      assert.deepEqual(second.payloads(), [])
      await second.disconnect()
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('leaves no subscription of the first behind where neither session stays', async () => {
    const brokers = await TestBrokers.start(2)
    const first = await brokers.connect('c')
    await first.subscribe('a')
    const second = await brokers.connect('c', { at: 1 })
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'one', { qos: 1 })
    assert.equal(publisher.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers)
    await second.disconnect()
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })
})

describe('two CONNECTs at once', () => {
  for (const sessionExpiry of [0, 100]) {
    for (const at of [0, 1]) {
      const where = at === 0 ? 'at one worker' : 'at two workers'
      const what = sessionExpiry === 0 ? 'without a session that stays' : 'of a persistent session'

      it(`leave exactly one connection, ${where}, ${what}`, async () => {
        const brokers = await TestBrokers.start(2)
        const clients = [brokers.open(0), brokers.open(at)]
        const fields = { clean: false, properties: { sessionExpiryInterval: sessionExpiry } }
        await Promise.all(clients.map(client => client.connect('c', fields)))
        await assertOneIsServed(brokers, clients)
      })

      it(`leave exactly one connection where a third is taken over, ${where}, ${what}`, async () => {
        const brokers = await TestBrokers.start(3)
        const earlier = await brokers.connect('c', { at: 2, sessionExpiry })
        const clients = [brokers.open(0), brokers.open(at)]
        const fields = { clean: false, properties: { sessionExpiryInterval: sessionExpiry } }
        await Promise.all(clients.map(client => client.connect('c', fields)))
        assertTakenOver(earlier)
        await assertOneIsServed(brokers, clients)
      })
    }
  }

  it('leave the later one where the first still waits for a takeover', async () => {
    const brokers = await TestBrokers.start(2)
    const earlier = await brokers.connect('c', { at: 1, sessionExpiry: 100 })
    brokers.network.hold('node/0', 'node/1')
    const first = brokers.open(0)
    const second = brokers.open(0)
    const fields = { clean: false, properties: { sessionExpiryInterval: 100 } }
    await first.connect('c', fields)
    assert.deepEqual(first.received, [])
    await second.connect('c', fields)
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    assertTakenOver(earlier)
    assert.equal(first.expect('connack').reasonCode, ReasonCode.ServerBusy)
    assert.equal(first.closedByBroker, true)
    await assertOneIsServed(brokers, [first, second])
  })

  it('leave the later one, at another worker, where the first still waits for a takeover', async () => {
    const brokers = await TestBrokers.start(3)
    await brokers.connect('c', { at: 1, sessionExpiry: 100 })
    brokers.network.hold('node/0', 'node/1')
    const first = brokers.open(0)
    const second = brokers.open(2)
    const fields = { clean: false, properties: { sessionExpiryInterval: 100 } }
    await first.connect('c', fields)
    await second.connect('c', fields)
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    assert.equal(second.open, true)
    await assertOneIsServed(brokers, [first, second])
  })
})

describe('a takeover from another worker', () => {
  it('is waited for: CONNACK comes when the first connection is closed', async () => {
    const brokers = await TestBrokers.start(2)
    const first = await brokers.connect('c')
    brokers.network.hold('node/0', 'node/1')
    const second = brokers.open(1)
    await second.connect('c')
    assert.deepEqual(second.received, [])
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    assertTakenOver(first)
    assert.equal(second.expect('connack').reasonCode, 0)
  })

  it('is waited for at most takeoverWaitMs', async () => {
    const brokers = await TestBrokers.start(2, { limits: { takeoverWaitMs: 1_500 } })
    await brokers.connect('c')
    brokers.network.hold('node/0', 'node/1')
    const second = brokers.open(1)
    await second.connect('c')
    await brokers.pass(1_000)
    assert.deepEqual(second.received, [])
    await brokers.pass(500)
    assert.equal(second.expect('connack').reasonCode, 0)
  })

  it('v5 [MQTT-3.1.4-3] is noticed by the first connection when the store refuses what it writes', async () => {
    const brokers = await TestBrokers.start(2)
    const first = await brokers.connect('c', { sessionExpiry: 100 })
    brokers.network.hold('node/0', 'node/1')
    const second = brokers.open(1)
    await second.connect('c', { clean: false, properties: { sessionExpiryInterval: 100 } })
    await first.publish('a', 'x', { qos: 2 })
    assertTakenOver(first)
    assert.deepEqual(first.takeAll('pubrec'), [])
    brokers.network.release('node/0', 'node/1')
    await brokers.settle()
    assert.equal(second.expect('connack').sessionPresent, true)
    await second.disconnect(0, 0)
    brokers.assertNothingLeft()
  })

  it('is not waited for any more when that worker dies', async () => {
    const brokers = await TestBrokers.start(2)
    await brokers.connect('c', { sessionExpiry: 100 })
    brokers.network.hold('node/0', 'node/1')
    const second = brokers.open(1)
    await second.connect('c', { clean: false, properties: { sessionExpiryInterval: 100 } })
    assert.deepEqual(second.received, [])
    await brokers.kill(0)
    const connack = second.expect('connack')
    assert.equal(connack.reasonCode, 0)
    assert.equal(connack.sessionPresent, true)
    await second.disconnect(0, 0)
    brokers.assertNothingLeft()
  })
})

function assertTakenOver(client: WireClient): void {
  assert.equal(client.expect('disconnect').reasonCode, ReasonCode.SessionTakenOver)
  assert.equal(client.closedByBroker, true)
}

/** Of the clients one is connected, gets its messages once, and leaves nothing behind. */
async function assertOneIsServed(brokers: TestBrokers, clients: readonly WireClient[]): Promise<void> {
  const [served, ...others] = clients.filter(({ open }) => open)
  assert(served !== undefined, 'one is served')
  assert.equal(others.length, 0, 'only one is served')
  assert.equal(served.expect('connack').reasonCode, 0)
  assert.deepEqual(await served.subscribe('a', { qos: 1 }), [1])
  const publisher = await brokers.connect('publisher')
  await publisher.publish('a', 'one', { qos: 1 })
  assert.deepEqual(served.payloads(), ['one'])
  await publisher.disconnect()
  await served.disconnect(0, 0)
  brokers.assertNothingLeft()
}
