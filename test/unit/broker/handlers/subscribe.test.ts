import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePermissions } from '../../../../src/core/compiled-permissions.ts'
import { ALLOW_ALL } from '../../../../src/core/permissions.ts'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'
import { subscribePacket } from '../../../support/wire-client.ts'

describe('SUBSCRIBE', () => {
  for (const version of [3, 4, 5] as const) {
    it(`v5 [MQTT-3.8.4-6] is answered with one code per Topic Filter, in version ${version}`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c', { version })
      client.send({
        cmd: 'subscribe',
        messageId: 3,
        subscriptions: [
          { topic: 'a', qos: 0 },
          { topic: 'b/#', qos: 1 },
          { topic: '+/c', qos: 2 },
        ],
      })
      await brokers.settle()
      const suback = client.expect('suback')
      assert.deepEqual([suback.messageId, suback.granted], [3, [0, 1, 2]])
      assert.equal(brokers.count('subscriptions'), 3)
      await client.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('refuses what is no Topic Filter with 0x8F, in MQTT 3 with 0x80, and grants the others', async () => {
    const brokers = await TestBrokers.start()
    const bad = ['a#', 'a/#/b', 'a+', '$share/group', '$share//a', '$share/gr+up/a', '$share/group/']
    for (const version of [4, 5] as const) {
      const client = await brokers.connect('c', { version })
      const code = version === 5 ? ReasonCode.TopicFilterInvalid : 0x80
      assert.deepEqual(await client.subscribe(['ok', ...bad], { qos: 1 }), [1, ...bad.map(() => code)])
      assert.equal(brokers.count('subscriptions'), 1)
      await client.disconnect()
    }
  })

  it('refuses what the client may not subscribe to with 0x87, and says why in MQTT 5', async () => {
    const brokers = await TestBrokers.start()
    const asked: unknown[] = []
    brokers.door.permissions = {
      list: [],
      mayPublish: () => true,
      mayReceive: () => true,
      decidesPublish: () => undefined,
      decidesSubscribe: () => undefined,
      maySubscribe: (...args) => {
        asked.push(args)
        return args[0] === 'mine/#'
      },
    }
    const client = await brokers.connect('c')
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'mine/#', qos: 1 },
        { topic: '$share/group/yours', qos: 2 },
      ],
    })
    await brokers.settle()
    const { granted, properties } = client.expect('suback')
    assert.deepEqual(granted, [1, ReasonCode.NotAuthorized])
    assert.equal(properties?.reasonString, "Not authorized to subscribe to topic '$share/group/yours' with QoS '2'. ")
    assert.deepEqual(asked, [
      ['mine/#', 1, undefined],
      ['yours', 2, 'group'],
    ])
    assert.equal(client.open, true)
  })

  it('names every Topic Filter that it refuses, and closes the connection of MQTT 3.1, whose SUBACK cannot', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = compilePermissions([{ ...ALLOW_ALL, topicFilter: 'mine' }])
    const subscriptions = [
      { topic: 'a', qos: 0 as const },
      { topic: 'mine', qos: 0 as const },
      { topic: 'b', qos: 1 as const },
    ]
    const client = await brokers.connect('c')
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions })
    await brokers.settle()
    assert.equal(
      client.expect('suback').properties?.reasonString,
      "Not authorized to subscribe to topic 'a' with QoS '0'. Not authorized to subscribe to topic 'b' with QoS '1'. ",
    )
    const older = await brokers.connect('d', { version: 3 })
    older.send({ cmd: 'subscribe', messageId: 1, subscriptions })
    await brokers.settle()
    assert.equal(older.open, false)
  })

  it('v5 3.1.2.11.7 does not say why to a client that wants no problem information', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { requestProblemInformation: false } })
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a#', qos: 0 }] })
    await brokers.settle()
    assert.equal(client.expect('suback').properties?.reasonString, undefined)
  })

  it('beyond the limit of a session is refused with 0x97; a filter that is there already may still be changed', async () => {
    const brokers = await TestBrokers.start(1, { limits: { subscriptionsPerSessionMax: 3 } })
    const client = await brokers.connect('c', { sessionExpiry: 100 })
    assert.deepEqual(await client.subscribe(['a', 'b', 'c', 'd']), [0, 0, 0, ReasonCode.QuotaExceeded])
    assert.deepEqual(await client.subscribe(['d', 'a'], { qos: 2 }), [ReasonCode.QuotaExceeded, 2])
    await client.unsubscribe('b')
    assert.deepEqual(await client.subscribe('d'), [0])
  })

  it('v5 [MQTT-3.1.2-24] whose SUBACK exceeds the Maximum Packet Size ends the connection with 0x95', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { maximumPacketSize: 30 } })
    assert.equal((await client.subscribe(Array.from({ length: 25 }, (_, number) => `${number}`))).length, 25)
    client.send(
      subscribePacket(
        9,
        Array.from({ length: 26 }, (_, number) => `${number}`),
      ),
    )
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.PacketTooLarge)
    assert.deepEqual(client.received, [])
    assert.equal(client.closedByBroker, true)
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-3.8.4-3] replaces a subscription to the same filter', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher', { at: 1 })
    for (const sessionExpiry of [0, 100]) {
      const client = await brokers.connect('c', { sessionExpiry })
      await client.subscribe('a', { qos: 2, subscriptionIdentifier: 1 })
      await client.subscribe('a', { qos: 1, subscriptionIdentifier: 2 })
      await publisher.publish('a', 'x', { qos: 2 })
      const { qos, properties } = client.expect('publish')
      assert.deepEqual([qos, properties?.subscriptionIdentifier], [1, 2])
      assert.deepEqual(client.payloads(), [])
      assert.equal(brokers.count('subscriptions'), 1)
      await client.disconnect(0, sessionExpiry === 0 ? undefined : 0)
    }
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('a persistent subscription that changes between QoS 0 and more is served in its new way at once', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', { sessionExpiry: 100 })
    const publisher = await brokers.connect('publisher', { at: 1 })
    for (const granted of [0, 1, 0, 2] as const) {
      await client.subscribe('a', { qos: granted })
      for (const qos of [0, 1, 2] as const) {
        await publisher.publish('a', 'x', { qos })
        assert.equal(client.expect('publish').qos, Math.min(qos, granted))
        assert.deepEqual(client.payloads(), [])
      }
    }
    await client.disconnect(0, 0)
    await publisher.disconnect()
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-3.8.3-4] No Local on a Shared Subscription ends the connection with 0x82', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'a', qos: 0 },
        { topic: '$share/group/a', qos: 0, nl: true },
      ],
    })
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    brokers.assertNothingLeft()
  })
})
