import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IConnectPacket } from 'mqtt-packet'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'
import type { WireClient } from '../../../support/wire-client.ts'

const NOT_AUTHORIZED = 5
const IDENTIFIER_REJECTED = 2
const HALF_AN_HOUR = 1800

describe('CONNACK', () => {
  it('v5 3.2.2.3 names what is not available, and nothing that is', async () => {
    const usual = await TestBrokers.start()
    const said = Object.keys((await usual.connect('c', { admitted: false })).expect('connack').properties ?? {})
    assert.deepEqual(said, ['receiveMaximum', 'topicAliasMaximum'])
    const strict = await TestBrokers.start(1, {
      limits: {
        maximumQoS: 1,
        retainAvailable: false,
        wildcardSubscriptionAvailable: false,
        sharedSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
        receiveMaximum: 10,
        topicAliasMaximum: 0,
      },
    })
    const { properties } = (await strict.connect('c', { admitted: false })).expect('connack')
    assert.deepEqual(
      { ...properties },
      {
        receiveMaximum: 10,
        maximumQoS: 1,
        retainAvailable: false,
        topicAliasMaximum: 0,
        wildcardSubscriptionAvailable: false,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
      },
    )
  })

  it('v5 [MQTT-3.2.2-21] names the Keep Alive that holds when it is shorter than the one asked for', async () => {
    const brokers = await TestBrokers.start(1, { limits: { keepAliveSecondsMax: 10 } })
    const long = await brokers.connect('long', { keepalive: 60, admitted: false })
    assert.equal(long.expect('connack').properties?.serverKeepAlive, 10)
    const short = await brokers.connect('short', { keepalive: 5, admitted: false })
    assert.equal(short.expect('connack').properties?.serverKeepAlive, undefined)
    const old = await brokers.connect('old', { version: 4, keepalive: 60 })
    await brokers.pass(16_000)
    assert.deepEqual([long.closedByBroker, short.closedByBroker, old.closedByBroker], [true, true, false])
  })

  it('v5 3.2.2.3.14 gives a client without Keep Alive the longest one where there must be one', async () => {
    for (const keepAliveUnlimited of [true, false]) {
      const brokers = await TestBrokers.start(1, { limits: { keepAliveSecondsMax: 10, keepAliveUnlimited } })
      const client = await brokers.connect('c', { keepalive: 0, admitted: false })
      assert.equal(client.expect('connack').properties?.serverKeepAlive, keepAliveUnlimited ? undefined : 10)
    }
  })
})

describe('the Response Information', () => {
  const asking = { properties: { requestResponseInformation: true }, admitted: false } as const

  it('v5 [MQTT-3.1.2-28] is a topic of its own for a client that asks, where there is one', async () => {
    const brokers = await TestBrokers.start(1, { limits: { responseTopic: 'responses' } })
    const said = async (clientId: string, how: object): Promise<string | undefined> =>
      (await brokers.connect(clientId, { ...how, admitted: false })).expect('connack').properties?.responseInformation
    assert.equal(await said('c', asking), 'responses/c')
    assert.equal(await said('c', {}), undefined)
    assert.equal(await said('a+b', asking), undefined)
    assert.match((await said('', asking)) ?? '', /^responses\/guardbee-[0-9a-f]{24}$/)
  })

  it('is not given where none is configured', async () => {
    const brokers = await TestBrokers.start()
    const { properties } = (await brokers.connect('c', asking)).expect('connack')
    assert.equal(properties?.responseInformation, undefined)
  })
})

describe('the longest Session Expiry Interval', () => {
  const limits = { sessionExpirySecondsMax: HALF_AN_HOUR }

  it('v5 3.2.2.3.2 is told to who asks for more, and holds', async () => {
    const brokers = await TestBrokers.start(1, { limits })
    const client = await brokers.connect('c', { sessionExpiry: 7200, clean: false, admitted: false })
    assert.equal(client.expect('connack').properties?.sessionExpiryInterval, HALF_AN_HOUR)
    await client.lose()
    await brokers.pass((HALF_AN_HOUR + 2) * 1000)
    brokers.assertNothingLeft()
  })

  it('is not told to who asks for less', async () => {
    const brokers = await TestBrokers.start(1, { limits })
    const client = await brokers.connect('c', { sessionExpiry: 60, admitted: false })
    assert.equal(client.expect('connack').properties?.sessionExpiryInterval, undefined)
  })

  it('ends the session of an MQTT 3 client with Clean Session 0', async () => {
    const brokers = await TestBrokers.start(1, { limits })
    await (await brokers.connect('c', { version: 4, clean: false })).lose()
    const soon = await brokers.connect('c', { version: 4, clean: false, admitted: false })
    assert.equal(soon.expect('connack').sessionPresent, true)
    await soon.lose()
    await brokers.pass((HALF_AN_HOUR + 2) * 1000)
    const late = await brokers.connect('c', { version: 4, clean: false, admitted: false })
    assert.equal(late.expect('connack').sessionPresent, false)
  })

  it('v5 3.14.2.2.2 holds for what DISCONNECT asks for', async () => {
    const brokers = await TestBrokers.start(1, { limits })
    await (await brokers.connect('c', { sessionExpiry: 60, clean: false })).disconnect(0, 0xffff_ffff)
    await brokers.pass((HALF_AN_HOUR + 2) * 1000)
    brokers.assertNothingLeft()
  })
})

describe('a CONNECT beyond the limits', () => {
  const will = { topic: 'a/b/c', payload: Buffer.from('gone') }
  const refusals: readonly [name: string, limits: object, fields: Partial<IConnectPacket>, v5: number, v4: number][] = [
    ['a will of too high a QoS', { maximumQoS: 0 }, { will: { ...will, qos: 1, retain: false } }, 0x9b, NOT_AUTHORIZED],
    [
      'a will to be retained',
      { retainAvailable: false },
      { will: { ...will, qos: 0, retain: true } },
      0x9a,
      NOT_AUTHORIZED,
    ],
    [
      'a will with too many levels',
      { topicLevelsMax: 2 },
      { will: { ...will, qos: 0, retain: false } },
      0x90,
      NOT_AUTHORIZED,
    ],
    ['too long a Client Identifier', { clientIdBytesMax: 3 }, {}, 0x85, IDENTIFIER_REJECTED],
  ]
  for (const [name, limits, fields, v5, v4] of refusals) {
    it(`is refused: ${name}`, async () => {
      const brokers = await TestBrokers.start(1, { limits })
      for (const version of [5, 4] as const) {
        const client = await brokers.connect('four', { version, admitted: false, ...fields })
        assert.equal(codeOf(client), version === 5 ? v5 : v4)
        assert.equal(client.closedByBroker, true)
      }
      brokers.assertNothingLeft()
    })
  }

  it('counts bytes, not characters, of the Client Identifier', async () => {
    const brokers = await TestBrokers.start(1, { limits: { clientIdBytesMax: 3 } })
    assert.equal(codeOf(await brokers.connect('äb', { admitted: false })), 0)
    assert.equal(codeOf(await brokers.connect('ää', { admitted: false })), ReasonCode.ClientIdentifierNotValid)
  })
})

describe('the longest Message Expiry Interval', () => {
  it('holds for a will that has none or a longer one', async () => {
    for (const messageExpiryInterval of [undefined, 3600]) {
      const brokers = await TestBrokers.start(1, { limits: { messageExpirySecondsMax: 60 } })
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('gone')
      const properties = messageExpiryInterval === undefined ? {} : { messageExpiryInterval }
      const will = { topic: 'gone', payload: Buffer.from('x'), qos: 0 as const, retain: false, properties }
      await (await brokers.connect('c', { will })).lose()
      assert.equal(watcher.expect('publish').properties?.messageExpiryInterval, 60)
    }
  })
})

function codeOf(client: WireClient): number | undefined {
  const connack = client.expect('connack')
  return client.version === 5 ? connack.reasonCode : connack.returnCode
}
