import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowAllPermissions } from '../../src/core/permissions.ts'
import type { Permissions } from '../../src/core/permissions.ts'
import { ReasonCode } from '../../src/protocol/reason-codes.ts'
import { packetCatalogue } from '../support/packet-catalogue.ts'
import { TestBrokers } from '../support/test-broker.ts'
import type { TestConnect } from '../support/test-broker.ts'

/** Attacks that other brokers fell to, against whole brokers in one process, on a clock that the test holds. */

const METHOD = 'OAUTH2-JWT'
const NOTHING: Permissions = {
  list: [],
  mayPublish: () => false,
  maySubscribe: () => false,
  decidesPublish: () => undefined,
  decidesSubscribe: () => undefined,
  mayReceive: () => false,
}

describe('attacks on permissions', () => {
  it('a will is denied at CONNECT (npm advisory 457)', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = NOTHING
    const client = await brokers.connect('c', { will: will('w'), admitted: false })
    assert.equal(client.expect('connack').reasonCode, ReasonCode.NotAuthorized)
    assert.equal(client.closedByBroker, true)
  })

  for (const goodbye of ['lost', 0x04] as const) {
    it(`a will is denied at its publication, when other permissions have come: ${goodbye} (npm advisory 457)`, async () => {
      const brokers = await TestBrokers.start()
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('#')
      const authentication = { authenticationMethod: METHOD, authenticationData: Buffer.from('first') }
      const client = await brokers.connect('c', { username: 'u', will: will('w'), properties: authentication })
      brokers.door.permissions = NOTHING
      client.send({ cmd: 'auth', reasonCode: ReasonCode.Reauthenticate, properties: authentication })
      await brokers.settle()
      assert.equal(client.expect('auth').reasonCode, ReasonCode.Success)
      if (goodbye === 'lost') await client.lose()
      else await client.disconnect(goodbye)
      await brokers.settle()
      assert.deepEqual(watcher.payloads(), [])
    })
  }

  it('what waits for a client that has lost its permission is not delivered on resume (CVE-2021-34434)', async () => {
    const brokers = await TestBrokers.start()
    const how: TestConnect = { sessionExpiry: 100, clean: false }
    const client = await brokers.connect('c', how)
    await client.subscribe('secret', { qos: 1 })
    await client.lose()
    const publisher = await brokers.connect('p')
    await publisher.publish('secret', 'before', { qos: 1 })
    brokers.door.permissions = NOTHING
    const again = await brokers.connect('c', how)
    await brokers.settle()
    assert.deepEqual(again.payloads(), [])
    await publisher.disconnect()
    brokers.door.permissions = allowAllPermissions
    const other = await brokers.connect('p')
    await other.publish('secret', 'after', { qos: 1 })
    assert.deepEqual(again.payloads(), [])
  })

  it('$share in front of a filter does not get around its permission (CVE-2026-33217, GHSA-7qmq-8cc4-hxwg)', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = { ...allowAllPermissions, maySubscribe: topicFilter => topicFilter !== 'secret/#' }
    const client = await brokers.connect('c')
    assert.deepEqual(await client.subscribe(['$share/g/secret/#', '$share/g/open/#']), [ReasonCode.NotAuthorized, 0])
  })

  it('a retained message is not replayed to who may not receive it (NATS 2026-18)', async () => {
    const brokers = await TestBrokers.start()
    const publisher = await brokers.connect('p')
    await publisher.publish('secret', 'kept', { qos: 1, retain: true })
    brokers.door.permissions = { ...allowAllPermissions, maySubscribe: topicFilter => topicFilter !== 'secret' }
    const client = await brokers.connect('c')
    assert.deepEqual(await client.subscribe('secret', { qos: 1 }), [ReasonCode.NotAuthorized])
    assert.deepEqual(client.payloads(), [])
  })

  it('a session is neither taken nor ended by another owner with its Client Identifier (CVE-2026-33215, CVE-2026-6564, mosquitto#3551)', async () => {
    const brokers = await TestBrokers.start(2)
    const owner = await brokers.connect('c', { username: 'owner', sessionExpiry: 100 })
    await owner.subscribe('a', { qos: 1 })
    for (const clean of [true, false]) {
      const thief = await brokers.connect('c', { username: 'thief', clean, at: 1, admitted: false })
      assert.equal(thief.expect('connack').reasonCode, ReasonCode.NotAuthorized)
    }
    const publisher = await brokers.connect('p')
    await publisher.publish('a', 'x', { qos: 1 })
    assert.deepEqual(owner.payloads(), ['x'])
  })
})

describe('attacks before a session', () => {
  it('a CONNECT that is refused leaves nothing behind, whatever is wrong with it (CVE-2017-7654)', async () => {
    const brokers = await TestBrokers.start()
    const refused = packetCatalogue.filter(({ first, expected }) => first && 'violation' in expected)
    assert.ok(refused.length > 20)
    for (const { bytes, name } of refused) {
      const client = brokers.open()
      client.sendBytes(bytes)
      await brokers.settle()
      assert.equal(client.closedByBroker, true, name)
    }
    brokers.assertNothingLeft()
  })
})

describe('attacks on sessions', () => {
  /** Will Delay Interval, Session Expiry Interval, and when the client is back; 0: never. */
  const delays = [0, 5, 60]
  const expiries = [0, 5, 30]
  for (const delay of delays) {
    for (const expiry of expiries) {
      for (const backAfter of [0, 2, 10]) {
        it(`a will comes once or, for a client that is back, not at all: delay ${delay}, expiry ${expiry}, back after ${backAfter} (CVE-2019-11778)`, async () => {
          const brokers = await TestBrokers.start()
          const watcher = await brokers.connect('watcher')
          await watcher.subscribe('w')
          const client = await brokers.connect('c', {
            sessionExpiry: expiry,
            will: { ...will('w'), properties: { willDelayInterval: delay } },
          })
          await client.lose()
          const dueAfter = Math.min(delay, expiry)
          if (backAfter > 0) {
            await brokers.pass(backAfter * 1000)
            await (await brokers.connect('c', { clean: false })).disconnect()
          }
          await brokers.pass(120_000)
          const prevented = backAfter > 0 && backAfter < dueAfter
          assert.deepEqual(watcher.payloads(), prevented ? [] : ['gone'])
          await watcher.disconnect()
          brokers.assertNothingLeft()
        })
      }
    }
  }

  it('retained messages may be empty, replaced, expired or none at all (CVE-2024-42644, CVE-2024-42645, CVE-2026-42209)', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.publish('r', '', { qos: 1, retain: true })
    await client.publish('r', 'short', { qos: 1, retain: true, properties: { messageExpiryInterval: 0 } })
    await client.publish('r', '', { qos: 1, retain: true })
    await client.publish('r', '', { qos: 1, retain: true })
    for (const retainHandling of [0, 1, 2] as const) await client.subscribe('r', { qos: 1, retainHandling })
    assert.deepEqual(client.payloads(), [])
    await client.disconnect()
    brokers.assertNothingLeft()
  })

  it('a message that many share, and that is replaced, expires and is taken back, harms nobody (mosquitto#3702)', async () => {
    const brokers = await TestBrokers.start(2)
    const stored = await brokers.connect('stored', { sessionExpiry: 100, at: 1 })
    const plain = await brokers.connect('plain')
    for (const client of [stored, plain]) await client.subscribe('#', { qos: 2 })
    await stored.lose()
    const publisher = await brokers.connect('p')
    for (let number = 0; number < 50; number++) {
      const properties = number % 3 === 0 ? { messageExpiryInterval: 1 } : {}
      await publisher.publish(`t/${number % 5}`, `${number}`, { qos: 2, retain: true, properties })
      await publisher.publish(`t/${number % 7}`, '', { qos: 1, retain: true })
    }
    await brokers.pass(2_000)
    const again = await brokers.connect('stored', { sessionExpiry: 0, clean: false })
    await brokers.settle()
    const payloads = again.payloads().filter(payload => payload !== '')
    assert.deepEqual(
      payloads,
      Array.from({ length: 50 }, (_, number) => `${number}`).filter(payload => Number(payload) % 3 !== 0),
    )
    for (const client of [again, plain, publisher]) await client.disconnect()
  })

  it('a session that is subscribed, taken over and ended at once leaves one owner (CVE-2025-59946, CVE-2025-59947, CVE-2024-25767)', async () => {
    const brokers = await TestBrokers.start(2)
    for (let round = 0; round < 20; round++) {
      const first = await brokers.connect('c', { sessionExpiry: 100, clean: false })
      const subscribing = first.subscribe([`a/${round}`, '#'], { qos: 1 }).catch(() => [])
      const second = brokers.connect('c', { at: 1, sessionExpiry: round % 2 === 0 ? 100 : 0, clean: round % 3 === 0 })
      await subscribing
      const winner = await second
      assert.equal(first.closedByBroker, true)
      await winner.subscribe('b', { qos: 1 })
      await winner.disconnect(0, 0)
    }
    brokers.assertNothingLeft()
  })
})

function will(topic: string) {
  return { topic, payload: Buffer.from('gone'), qos: 1, retain: false } as const
}
