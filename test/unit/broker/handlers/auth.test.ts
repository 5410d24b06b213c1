import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { allowAllPermissions, type Permissions } from '../../../../src/core/permissions.ts'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers, type TestConnect } from '../../../support/test-broker.ts'
import type { WireClient } from '../../../support/wire-client.ts'

const METHOD = 'OAUTH2-JWT'

describe('AUTH', () => {
  let brokers: TestBrokers

  beforeEach(async () => {
    brokers = await TestBrokers.start(2)
  })

  /** A client that came in with a token in its Authentication Data. */
  function connect(clientId = 'c', how: TestConnect = {}): Promise<WireClient> {
    const authentication = { authenticationMethod: METHOD, authenticationData: Buffer.from('first') }
    return brokers.connect(clientId, { username: 'u', ...how, properties: { ...how.properties, ...authentication } })
  }

  async function show(client: WireClient, data: string, reasonCode = 0x19, method = METHOD): Promise<void> {
    const properties = { authenticationMethod: method, authenticationData: Buffer.from(data) }
    client.send({ cmd: 'auth', reasonCode, properties })
    await brokers.settle()
  }

  function only(...allowed: readonly string[]): Permissions {
    return { ...allowAllPermissions, maySubscribe: topicFilter => allowed.includes(topicFilter) }
  }

  function refuseWith(reasonCode: number): void {
    brokers.door.refusal = { kind: 'refused', reasonCode, cause: 'test', reference: 'REF' }
  }

  it('v5 [MQTT-4.12.0-6] without an Authentication Method in CONNECT ends the connection with 0x82', async () => {
    const client = await brokers.connect('c')
    await show(client, 'x')
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    assert.equal(client.closedByBroker, true)
  })

  it('v5 4.12 the Authentication Method stands in CONNACK and in the answer, and the new token is what is shown', async () => {
    const client = await connect('c', { admitted: false })
    assert.equal(client.expect('connack').properties?.authenticationMethod, METHOD)
    await show(client, 'second')
    const { reasonCode, properties } = client.expect('auth')
    assert.equal(reasonCode, ReasonCode.Success)
    assert.equal(properties?.authenticationMethod, METHOD)
    const [, again] = brokers.door.shown
    assert.equal(again?.authenticationData?.toString(), 'second')
    assert.deepEqual([again.clientId, again.username, again.password], ['c', 'u', undefined])
  })

  it('v5 [MQTT-4.12.1-1] another method than that of CONNECT ends the connection with 0x82', async () => {
    const client = await connect()
    await show(client, 'second', 0x19, 'JWT')
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
  })

  it('Continue that was not asked for ends the connection, as does a second AUTH before the answer', async () => {
    const continuing = await connect('a')
    await show(continuing, 'second', 0x18)
    assert.equal(continuing.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    const hasty = await connect('b')
    brokers.door.close()
    await show(hasty, 'second')
    await show(hasty, 'third')
    assert.equal(hasty.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    brokers.door.open()
    await brokers.settle()
    assert.equal(
      hasty.received.some(packet => packet.cmd === 'auth'),
      false,
    )
  })

  it('a token that is refused ends the connection, and its will is published', async () => {
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('wills')
    const client = await connect('c', { will: { topic: 'wills', payload: Buffer.from('gone'), qos: 0, retain: false } })
    refuseWith(ReasonCode.NotAuthorized)
    await show(client, 'second')
    const { reasonCode, properties } = client.expect('disconnect')
    assert.equal(reasonCode, ReasonCode.NotAuthorized)
    assert.equal(properties?.reasonString, 'Re-authentication failed (ref REF)')
    assert.equal(watcher.expect('publish').topic, 'wills')
  })

  it('a token of another subject ends the connection', async () => {
    const client = await connect()
    brokers.door.identity = { owner: 'somebody else' }
    await show(client, 'second')
    const { reasonCode, properties } = client.expect('disconnect')
    assert.equal(reasonCode, ReasonCode.NotAuthorized)
    assert.equal(properties?.reasonString, 'Re-authentication failed: another subject (ref r-late)')
    assert.deepEqual(
      brokers.door.refusedLate.map(({ cause }) => cause),
      ['reauthenticated_as_another'],
    )
  })

  it('a key server that is away is waited for until the old token ends', async () => {
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 10_000 }
    const client = await connect()
    refuseWith(ReasonCode.ServerUnavailable)
    await show(client, 'second')
    assert.equal(client.expect('auth').reasonCode, ReasonCode.ContinueAuthentication)
    brokers.door.refusal = undefined
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 100_000 }
    await show(client, 'second', 0x18)
    assert.equal(client.expect('auth').reasonCode, ReasonCode.Success)

    await brokers.pass(100_000)
    refuseWith(ReasonCode.ServerUnavailable)
    await show(client, 'third')
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.NotAuthorized)
  })

  it('a new token moves the end of the connection', async () => {
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 10_000 }
    const client = await connect()
    brokers.door.identity = { expiresAtMs: brokers.clock.nowMs() + 60_000 }
    await show(client, 'second')
    await brokers.pass(59_000)
    assert.equal(client.closedByBroker, false)
    await brokers.pass(8_000)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.MaximumConnectTime)
  })

  for (const sessionExpiry of [0, 3600]) {
    it(`subscriptions that are no longer allowed end, the others go on (session expiry ${sessionExpiry})`, async () => {
      const client = await connect('c', { sessionExpiry })
      await client.subscribe(['kept', 'lost'], { qos: 1 })
      brokers.door.permissions = only('kept')
      await show(client, 'second')
      assert.equal(client.expect('auth').reasonCode, ReasonCode.Success)
      const publisher = await brokers.connect('p', { at: 1 })
      await publisher.publish('lost', 'x', { qos: 1 })
      await publisher.publish('kept', 'y', { qos: 1 })
      assert.equal(client.expect('publish').topic, 'kept')
      assert.equal(
        client.received.some(packet => packet.cmd === 'publish'),
        false,
      )
      assert.deepEqual(await client.subscribe('lost'), [ReasonCode.NotAuthorized])
    })

    it(`messages that wait for room are not sent when they are no longer allowed (session expiry ${sessionExpiry})`, async () => {
      const client = await connect('c', { sessionExpiry, acknowledging: false, properties: { receiveMaximum: 1 } })
      await client.subscribe(['kept', 'lost'], { qos: 1 })
      const publisher = await brokers.connect('p')
      await publisher.publish('kept', 'in flight', { qos: 1 })
      for (const topic of ['lost', 'kept', 'lost']) await publisher.publish(topic, 'waiting', { qos: 1 })
      brokers.door.permissions = { ...only('kept'), mayReceive: topicName => topicName === 'kept' }
      await show(client, 'second')
      const { messageId = 0 } = client.expect('publish')
      client.acknowledging = true
      client.send({ cmd: 'puback', messageId })
      await brokers.settle()
      const sent = client.received.filter(packet => packet.cmd === 'publish')
      assert.deepEqual(
        sent.map(({ topic, payload }) => [topic, payload.toString()]),
        [['kept', 'waiting']],
      )
      assert.equal(brokers.count('droppedNotAuthorized'), 2)
    })
  }

  it('retained messages that are being sent end with the subscription that they are for', async () => {
    const publisher = await brokers.connect('p')
    const RETAINED = 400
    for (let number = 0; number < RETAINED; number++) {
      await publisher.publish(`kept/${number}`, 'x', { qos: 1, retain: true })
    }
    const client = await connect('c', { acknowledging: false, properties: { receiveMaximum: 10 } })
    await client.subscribe('kept/#', { qos: 1 })
    brokers.door.permissions = { ...only(), mayReceive: () => false }
    await show(client, 'second')
    client.acknowledging = true
    for (const packet of client.received.filter(({ cmd }) => cmd === 'publish')) {
      if (packet.cmd === 'publish') client.send({ cmd: 'puback', messageId: packet.messageId ?? 0 })
    }
    await brokers.settle()
    assert.equal(client.received.filter(({ cmd }) => cmd === 'publish').length, 10)
  })

  it('a will that is no longer allowed is not published, and one that is stays', async () => {
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('wills/+')
    const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 0, retain: false }) as const
    const clients = [
      await connect('a', { will: will('wills/lost') }),
      await connect('b', { will: will('wills/kept') }),
      await connect('c', { sessionExpiry: 100, will: { ...will('wills/lost'), properties: { willDelayInterval: 5 } } }),
    ]
    brokers.door.permissions = { ...allowAllPermissions, mayPublish: topicName => topicName === 'wills/kept' }
    for (const client of clients) await show(client, 'second')
    for (const client of clients) await client.lose()
    await brokers.pass(10_000)
    const published = watcher.received.filter(packet => packet.cmd === 'publish')
    assert.deepEqual(
      published.map(({ topic }) => topic),
      ['wills/kept'],
    )
  })
})
