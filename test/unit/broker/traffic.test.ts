import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TrafficLimits } from '../../../src/broker/limits.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const SERVER_UNAVAILABLE = 3
const FREE = { connectionsMax: Infinity, connectsPerSecond: Infinity, bytesPerSecond: Infinity }
const NOTHING_BOUNDED: TrafficLimits = {
  connectionsMax: Infinity,
  connectionBytesPerSecond: Infinity,
  listener: FREE,
  address: FREE,
}

describe('the number of connections', () => {
  const bounds: readonly [of: string, traffic: Partial<TrafficLimits>][] = [
    ['the node', { connectionsMax: 2 }],
    ['a listener', { listener: { ...FREE, connectionsMax: 2 } }],
    ['an address', { address: { ...FREE, connectionsMax: 2 } }],
  ]
  for (const [of, traffic] of bounds) {
    it(`of ${of} is bounded: a CONNECT above it is refused, and taken once another one is gone`, async () => {
      const brokers = await bounded(traffic)
      const [first] = [await brokers.connect('1'), await brokers.connect('2')]
      const third = await brokers.connect('3', { admitted: false })
      assert.equal(third.expect('connack').reasonCode, ReasonCode.QuotaExceeded)
      assert.equal(third.closedByBroker, true)
      const old = await brokers.connect('3', { version: 4, admitted: false })
      assert.equal(old.expect('connack').returnCode, SERVER_UNAVAILABLE)
      assert.deepEqual(
        brokers.door.shown.map(({ clientId }) => clientId),
        ['1', '2'],
      )
      await first.disconnect()
      await brokers.connect('3')
    })
  }

  it('is not exceeded by more than a thousand: further ones are closed without an answer, and cost nothing', async () => {
    const brokers = await bounded({ connectionsMax: 1 })
    const clients: WireClient[] = []
    for (let client = 0; client < 1_100; client++) clients.push(brokers.open())
    await brokers.settle()
    assert.equal(clients.filter(({ closedByBroker }) => closedByBroker).length, 99)
    assert.equal(brokers.worker().broker.connections, 1_001)
    for (const client of clients) await client.lose()
    brokers.assertNothingLeft()
    await brokers.connect('c')
  })
})

describe('the rate of CONNECT packets', () => {
  for (const group of ['listener', 'address'] as const) {
    it(`of ${group === 'listener' ? 'a listener' : 'an address'} is bounded, after a burst of two seconds' worth`, async () => {
      const brokers = await bounded({ [group]: { ...FREE, connectsPerSecond: 2 } })
      for (const clientId of ['1', '2', '3', '4']) await brokers.connect(clientId)
      const fifth = await brokers.connect('5', { admitted: false })
      assert.equal(fifth.expect('connack').reasonCode, ReasonCode.ConnectionRateExceeded)
      const old = await brokers.connect('5', { version: 4, admitted: false })
      assert.equal(old.expect('connack').returnCode, SERVER_UNAVAILABLE)
      await brokers.pass(500)
      await brokers.connect('5')
      assert.equal(brokers.door.shown.length, 5)
    })
  }
})

describe('the rate of bytes', () => {
  const bounds: readonly [of: string, traffic: Partial<TrafficLimits>][] = [
    ['a connection', { connectionBytesPerSecond: 1_000 }],
    ['a listener', { listener: { ...FREE, bytesPerSecond: 1_000 } }],
    ['an address', { address: { ...FREE, bytesPerSecond: 1_000 } }],
  ]
  for (const [of, traffic] of bounds) {
    it(`of ${of} is bounded: who sends more is not read until it is made up for`, async () => {
      const brokers = await bounded(traffic)
      const client = await brokers.connect('c')
      await brokers.pass(1_000)
      await client.publish('a', 'x'.repeat(900))
      assert.equal(client.connection.paused, false)
      await client.publish('a', 'x'.repeat(1_000))
      assert.equal(client.connection.paused, true)
      await brokers.pass(500)
      assert.equal(client.connection.paused, true)
      await brokers.pass(500)
      assert.equal(client.connection.paused, false)
      await client.lose()
      brokers.assertNothingLeft()
    })
  }

  it('of a connection is none of its neighbour', async () => {
    const brokers = await bounded({ connectionBytesPerSecond: 1_000 })
    const [loud, quiet] = [await brokers.connect('loud'), await brokers.connect('quiet')]
    await loud.publish('a', 'x'.repeat(5_000))
    await quiet.publish('a', 'x')
    assert.deepEqual([loud.connection.paused, quiet.connection.paused], [true, false])
  })

  it('keeps no client from being alive: one that is not read is not silent', async () => {
    const brokers = await bounded({ connectionBytesPerSecond: 1_000 })
    const client = await brokers.connect('c', { keepalive: 2 })
    await client.publish('a', 'x'.repeat(20_000))
    await brokers.pass(15_000)
    assert.equal(client.closedByBroker, false)
    await brokers.pass(20_000)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.KeepAliveTimeout)
  })

  it('leaves no timer behind when the client goes', async () => {
    const brokers = await bounded({ connectionBytesPerSecond: 1_000 })
    const client = await brokers.connect('c')
    await client.publish('a', 'x'.repeat(20_000))
    await client.lose()
    brokers.assertNothingLeft()
  })
})

function bounded(traffic: Partial<TrafficLimits>): Promise<TestBrokers> {
  return TestBrokers.start(1, { limits: { traffic: { ...NOTHING_BOUNDED, ...traffic } } })
}
