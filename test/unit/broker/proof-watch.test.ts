import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import { connectPacket, subscribePacket } from '../../support/wire-client.ts'

const MINUTE_MS = 60_000

describe('the end of a token', () => {
  it('ends the connection, with its will, within a tenth of its life and 30 seconds after it', async () => {
    const brokers = await TestBrokers.start()
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('wills')
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + MINUTE_MS }
    const will = { topic: 'wills', payload: Buffer.from('gone'), qos: 0, retain: false } as const
    const client = await brokers.connect('c', { will })
    await brokers.pass(MINUTE_MS - 500)
    assert.equal(client.closedByBroker, false)
    await brokers.pass(MINUTE_MS / 10 + 1000)
    const { reasonCode, properties } = client.expect('disconnect')
    assert.equal(reasonCode, ReasonCode.MaximumConnectTime)
    assert.equal(properties?.reasonString, 'the token has expired')
    assert.equal(watcher.expect('publish').payload.toString(), 'gone')
  })

  for (const version of [4, 5] as const) {
    it(`is the end of what an MQTT ${version === 5 ? '5' : '3.1.1'} client publishes and subscribes to, however long its connection lasts`, async () => {
      const brokers = await TestBrokers.start()
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('t')
      brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 60 * MINUTE_MS }
      const [publisher, subscriber, quiet] = await Promise.all(
        ['publisher', 'subscriber', 'quiet'].map(name => brokers.connect(name, { version })),
      )
      assert(publisher !== undefined && subscriber !== undefined && quiet !== undefined)
      await brokers.pass(60 * MINUTE_MS - 1)
      await publisher.publish('t', 'in time')
      assert.equal(watcher.expect('publish').payload.toString(), 'in time')
      await brokers.pass(1)
      const before = brokers.clock.nowMs()
      await publisher.publish('t', 'too late', { qos: 1 })
      subscriber.send(subscribePacket(1, 't', {}))
      await brokers.settle()
      for (const client of [publisher, subscriber]) {
        assert.equal(client.closedByBroker, true)
        if (version === 5) assert.equal(client.expect('disconnect').reasonCode, ReasonCode.MaximumConnectTime)
      }
      assert.equal(brokers.clock.nowMs(), before)
      assert.deepEqual(watcher.received, [])
      assert.equal(quiet.closedByBroker, false)
    })
  }

  it('is seen in time though the timers of a busy worker run a twentieth late', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 60 * MINUTE_MS }
    const client = await brokers.connect('c')
    for (let ticks = 0; ticks < (60 * MINUTE_MS) / 500 / 1.05 + 2; ticks++) {
      brokers.clock.delayTimers(25)
      await brokers.pass(500)
    }
    await client.publish('t', 'too late')
    assert.equal(client.closedByBroker, true)
  })

  it('closes the connection of an MQTT 3.1.1 client', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 10_000 }
    const client = await brokers.connect('c', { version: 4 })
    await brokers.pass(12_000)
    assert.equal(client.closedByBroker, true)
    brokers.assertNothingLeft()
  })

  it('does not end all connections of one moment at one moment', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 60 * MINUTE_MS }
    const clients = await Promise.all(Array.from({ length: 100 }, (_, number) => brokers.connect(`c${number}`)))
    await brokers.pass(60 * MINUTE_MS - 500)
    const open = (): number => clients.filter(client => !client.closedByBroker).length
    assert.equal(open(), 100)
    await brokers.pass(15_500)
    assert.ok(open() > 25 && open() < 75, `${open()} are open`)
    await brokers.pass(15_500)
    assert.equal(open(), 0)
    brokers.assertNothingLeft()
  })

  it('takes no timer of its own, however many connections wait for theirs', async () => {
    const brokers = await TestBrokers.start()
    const timers = brokers.clock.pendingTimers
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 60 * MINUTE_MS }
    for (let number = 0; number < 10_000; number++) {
      brokers.open().send(connectPacket(`c${number}`, 5, { keepalive: 60 }))
    }
    await brokers.settle()
    assert.equal(brokers.worker().broker.holdings.deadlines, 20_000)
    assert.equal(brokers.clock.pendingTimers, timers)
  })

  it('leaves a connection alone whose proof does not end', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await brokers.pass(60 * MINUTE_MS)
    assert.equal(client.closedByBroker, false)
  })
})

describe('a revocation', () => {
  it('ends the connections that it is about and no others, and one that is made at the moment', async () => {
    const brokers = await TestBrokers.start()
    let revoked = false
    const standing = (mine: boolean): object => ({
      standing: { revoked: () => mine && revoked, recheckMs: undefined, holds: () => Promise.resolve(true) },
    })
    brokers.door.identity = standing(true)
    const clients = await Promise.all(Array.from({ length: 250 }, (_, number) => brokers.connect(`c${number}`)))
    brokers.door.identity = standing(false)
    const other = await brokers.connect('other')
    revoked = true
    let pauses = 0
    await brokers.worker().broker.disconnectRevoked(async () => {
      pauses++
      await nextTurn()
    })
    await brokers.settle()
    assert.equal(pauses, 2)
    for (const client of clients) {
      const { reasonCode, properties } = client.expect('disconnect')
      assert.deepEqual([reasonCode, properties?.reasonString], [ReasonCode.NotAuthorized, 'the token was revoked'])
    }
    assert.equal(other.closedByBroker, false)
    brokers.door.identity = standing(true)
    const late = await brokers.connect('late', { admitted: false })
    assert.equal(late.expect('connack').reasonCode, ReasonCode.NotAuthorized)
    assert.equal(
      late.received.some(packet => packet.cmd === 'disconnect'),
      false,
    )
    await other.disconnect()
    brokers.assertNothingLeft()
  })
})

describe('a proof that is looked at again', () => {
  it('ends the connection when its issuer stands by it no more', async () => {
    const brokers = await TestBrokers.start()
    let holds = true
    let asked = 0
    const ask = (): Promise<boolean> => {
      asked++
      return Promise.resolve(holds)
    }
    brokers.door.identity = { standing: { revoked: () => false, recheckMs: MINUTE_MS, holds: ask } }
    const client = await brokers.connect('c')
    await brokers.pass(3 * MINUTE_MS + 5_000)
    assert.equal(asked, 3)
    assert.equal(client.closedByBroker, false)
    holds = false
    await brokers.pass(MINUTE_MS)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.NotAuthorized)
    brokers.assertNothingLeft()
  })
})
