import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { steadyPace } from '../../../src/broker/closing-pace.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { BrokerScript, scripts } from '../../support/broker-script.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

/** More of them by hand: `GUARDBEE_TEST_RUNS=5000 node --test …`. */
const RUNS = Number(process.env['GUARDBEE_TEST_RUNS'] ?? 300)
const qosLevels = [0, 1, 2] as const

describe('a broker', () => {
  it('knows at every worker what the sessions want, and holds nothing any more when all clients are gone', async () => {
    const property = fc.asyncProperty(scripts, async steps => {
      const script = await BrokerScript.play(steps)
      assert.equal(script.brokers.count('connectionsOpen'), script.openClients)
      await script.assertRoutesAgree()
      script.loseAll()
      await script.brokers.pass(110_000)
      script.brokers.assertNothingLeft()
    })
    await fc.assert(property, { numRuns: RUNS })
  })

  it('closes all its clients with a reason, some at a time, and their sessions are let go of then', async () => {
    const brokers = await TestBrokers.start()
    const clients: WireClient[] = []
    for (let number = 0; number < 250; number++)
      clients.push(await brokers.connect(`c${number}`, { sessionExpiry: 100 }))
    const closedAtPauses: number[] = []
    const refusal = { reasonCode: ReasonCode.ServerShuttingDown, why: 'shutting down' }
    const nextTurn = (): Promise<void> => {
      closedAtPauses.push(clients.filter(({ open }) => !open).length)
      return Promise.resolve()
    }
    const closing = brokers.worker().broker.disconnectAll(refusal, steadyPace(0, brokers.clock, nextTurn))
    await brokers.settle()
    await closing
    assert.deepEqual(closedAtPauses, [100, 200])
    for (const client of clients) {
      assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ServerShuttingDown)
      assert.equal(client.closedByBroker, true)
    }
    brokers.assertNothingLeft()
  })

  it('closes all its clients one by one at a steady rate, publishes their wills and tells them where to go', async () => {
    const brokers = await TestBrokers.start(2)
    const watcher = await brokers.connect('watcher', { at: 1 })
    await watcher.subscribe(['wills/#'], { qos: 1 })
    const clients: WireClient[] = []
    for (let number = 0; number < 4; number++) {
      const will = { topic: `wills/${number}`, payload: Buffer.from('gone'), qos: 1, retain: false } as const
      clients.push(await brokers.connect(`c${number}`, { will, version: number === 3 ? 4 : 5 }))
    }
    const serverReference = 'other.example:1883'
    const refusal = { reasonCode: ReasonCode.UseAnotherServer, why: 'use another one', serverReference }
    const pace = steadyPace(8_000, brokers.clock, () => Promise.resolve())
    const closing = brokers.worker().broker.disconnectAll(refusal, pace)
    const closedBySecond: number[] = []
    for (let second = 0; second < 8; second++) {
      await brokers.settle()
      closedBySecond.push(clients.filter(({ open }) => !open).length)
      await brokers.pass(1_000)
    }
    await closing
    assert.deepEqual(closedBySecond, [1, 1, 2, 2, 3, 3, 4, 4])
    for (const client of clients.slice(0, 3)) {
      const { reasonCode, properties } = client.expect('disconnect')
      assert.deepEqual([reasonCode, properties?.serverReference], [ReasonCode.UseAnotherServer, serverReference])
    }
    assert.deepEqual(clients.at(-1)?.received, [])
    assert.deepEqual(watcher.payloads(), ['gone', 'gone', 'gone', 'gone'])
  })

  it('counts what comes and goes', async () => {
    const brokers = await TestBrokers.start()
    const subscriber = await brokers.connect('subscriber')
    await subscriber.subscribe(['a', 'b'], { qos: 1 })
    const publisher = await brokers.connect('publisher', { version: 4 })
    for (const qos of qosLevels) await publisher.publish('a', 'x', { qos })
    const counts = [
      'connectionsOpen',
      'connectionsAccepted',
      'sessionsConnected',
      'subscriptions',
      'messagesReceived',
      'messagesSent',
    ] as const
    assert.deepEqual(
      counts.map(name => brokers.count(name)),
      [2, 2, 2, 2, 3, 3],
    )
    await publisher.publish('b', 'kept', { retain: true })
    await publisher.publish('b', '', { retain: true })
    assert.equal(brokers.count('retainedStored'), 1)
  })
})
