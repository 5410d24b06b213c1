import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '../../../src/core/errors.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { AwayStore } from '../../support/away-store.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const RETRY_MS = 1_000

async function start(workers = 2): Promise<{ readonly brokers: TestBrokers; readonly store: AwayStore }> {
  let store: AwayStore | undefined
  const brokers = await TestBrokers.start(workers, { around: inner => (store = new AwayStore(inner)) })
  assert(store !== undefined)
  return { brokers, store }
}

function codeOf(client: WireClient): number | undefined {
  return client.expect('connack').reasonCode
}

function takenOver(client: WireClient): boolean {
  return client.closedByBroker && client.expect('disconnect').reasonCode === ReasonCode.SessionTakenOver
}

describe('while the store is away', () => {
  it('who may have a session gets 0x88, and who asks for none is served', async () => {
    const { brokers, store } = await start()
    store.leave()
    const persistent = await brokers.connect('c', { sessionExpiry: 100, admitted: false })
    assert.equal(codeOf(persistent), ReasonCode.ServerUnavailable)
    const continuing = await brokers.connect('c', { clean: false, admitted: false })
    assert.equal(codeOf(continuing), ReasonCode.ServerUnavailable)
    const subscriber = await brokers.connect('subscriber')
    const publisher = await brokers.connect('publisher', { at: 1 })
    await subscriber.subscribe('a', { qos: 1 })
    await publisher.publish('a', 'x', { qos: 1 })
    assert.equal(publisher.expect('puback').reasonCode, 0)
    assert.deepEqual(subscriber.payloads(), ['x'])
    store.comeBack()
    await brokers.pass(RETRY_MS)
    await subscriber.disconnect()
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('of two connections of one client at two workers one stays once it is back, and the other is told 0x8E', async () => {
    const { brokers, store } = await start()
    const before = await brokers.connect('c')
    store.leave()
    const clients = [before, await brokers.connect('c', { at: 1 })]
    assert.deepEqual(
      clients.map(({ open }) => open),
      [true, true],
    )
    await brokers.pass(5 * RETRY_MS)
    store.comeBack()
    await brokers.pass(RETRY_MS)
    assert.equal(clients.filter(({ open }) => open).length, 1)
    assert.equal(clients.filter(takenOver).length, 1)
    await brokers.connect('c', { at: 0 })
    assert.equal(clients.filter(({ open }) => open).length, 0)
  })

  it('the later one of two connections at one worker stays at once', async () => {
    const { brokers, store } = await start()
    const stored = await brokers.connect('c', { sessionExpiry: 100 })
    await stored.subscribe('a', { qos: 1 })
    store.leave()
    const second = await brokers.connect('c')
    assert.equal(takenOver(stored), true)
    const third = await brokers.connect('c')
    assert.equal(takenOver(second), true)
    await third.disconnect()
    store.comeBack()
    await brokers.pass(RETRY_MS)
    // v5 3.1.2.4: its Clean Start has ended the session that was stored.
    const back = await brokers.connect('c', { clean: false, sessionExpiry: 100, admitted: false })
    assert.equal(back.expect('connack').sessionPresent, false)
    await back.disconnect(0, 0)
    brokers.assertNothingLeft()
  })

  it('another subject gets no connection of a client that is here, and none that the store knows for long', async () => {
    const { brokers, store } = await start()
    const owner = await brokers.connect('c', { username: 'alice' })
    store.leave()
    const here = await brokers.connect('c', { username: 'bob', admitted: false })
    assert.equal(codeOf(here), ReasonCode.NotAuthorized)
    const there = await brokers.connect('c', { username: 'bob', at: 1 })
    store.comeBack()
    await brokers.pass(RETRY_MS)
    assert.equal(there.expect('disconnect').reasonCode, ReasonCode.NotAuthorized)
    assert.equal(owner.open, true)
    await owner.disconnect()
    brokers.assertNothingLeft()
  })

  it('who is not taken when it is back is disconnected', async () => {
    const { brokers, store } = await start(1)
    store.leave()
    const client = await brokers.connect('c')
    store.failure = new BrokerError('STORE_FULL', 'the store holds its limit of sessions')
    store.comeBack()
    await brokers.pass(RETRY_MS)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ServerBusy)
    assert.deepEqual(brokers.log.errors, ['BrokerError: the store holds its limit of sessions'])
    const { clients, unheard } = brokers.worker().broker.holdings
    assert.deepEqual({ clients, unheard }, { clients: 0, unheard: 0 })
  })

  it('who has left before the store heard of it leaves nothing there, nor who leaves while it does', async () => {
    const { brokers, store } = await start()
    store.leave()
    const early = await brokers.connect('early')
    const late = await brokers.connect('late')
    await early.disconnect()
    const held = Promise.withResolvers<void>()
    store.holdClaims(held.promise)
    store.comeBack()
    await brokers.pass(RETRY_MS)
    await late.disconnect()
    held.resolve()
    await brokers.settle()
    brokers.assertNothingLeft()
    for (const clientId of ['early', 'late']) {
      const claimed = await brokers.store.sessions.claim({
        clientId,
        home: 'node/9',
        cleanStart: false,
        owner: 'somebody else',
        sessionExpiryIntervalSeconds: 0,
        will: undefined,
      })
      assert.equal(claimed.kind, 'claimed', clientId)
    }
  })
})
