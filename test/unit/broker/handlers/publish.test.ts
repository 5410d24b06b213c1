import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowAllPermissions, type Permissions } from '../../../../src/core/permissions.ts'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'
import type { PublishOptions } from '../../../support/wire-client.ts'

const QOS = [0, 1, 2] as const

describe('PUBLISH', () => {
  for (const at of [0, 1]) {
    for (const version of [4, 5] as const) {
      for (const sessionExpiry of version === 5 ? [0, 100] : [0]) {
        const who = `${sessionExpiry > 0 ? 'a persistent' : 'an'} MQTT ${version} subscriber`
        it(`v5 [MQTT-3.8.4-8] reaches ${who} at worker ${at} with the lower of its QoS and the granted one`, async () => {
          const brokers = await TestBrokers.start(2)
          const publisher = await brokers.connect('publisher')
          const subscriber = await brokers.connect('subscriber', {
            at,
            version,
            ...(version === 5 ? { sessionExpiry } : {}),
          })
          for (const granted of QOS) {
            assert.deepEqual(await subscriber.subscribe('a/b', { qos: granted }), [granted])
            for (const qos of QOS) {
              await publisher.publish('a/b', `${qos}`, { qos })
              const message = subscriber.expect('publish')
              assert.equal(message.payload.toString(), `${qos}`)
              assert.equal(message.topic, 'a/b')
              assert.equal(message.qos, Math.min(qos, granted))
              assert.equal(message.dup, false)
              assert.deepEqual(subscriber.payloads(), [])
            }
          }
          await publisher.disconnect()
          await subscriber.disconnect(0, version === 5 ? 0 : undefined)
          brokers.assertNothingLeft()
        })
      }
    }
  }

  it('v5 [MQTT-4.3.2-4] QoS 1 is answered by PUBACK, [MQTT-4.3.3-8] QoS 2 by PUBREC and PUBCOMP', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.subscribe('a')
    client.acknowledging = false
    await client.publish('a', 'one', { qos: 1, messageId: 7 })
    const puback = client.expect('puback')
    assert.deepEqual([puback.messageId, puback.reasonCode], [7, 0])
    await client.publish('a', 'two', { qos: 2, messageId: 8 })
    assert.deepEqual([client.expect('pubrec').messageId, client.takeAll('pubcomp').length], [8, 0])
    client.send({ cmd: 'pubrel', messageId: 8 })
    await brokers.settle()
    assert.equal(client.expect('pubcomp').messageId, 8)
  })

  it('v5 [MQTT-4.6.0-6] arrives in order at every subscriber, whatever it subscribed with', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    const subscribers = await Promise.all([
      brokers.connect('here'),
      brokers.connect('there', { at: 1, version: 4 }),
      brokers.connect('stored', { at: 1, sessionExpiry: 100 }),
      brokers.connect('slow', { properties: { receiveMaximum: 2 } }),
    ])
    for (const subscriber of subscribers) await subscriber.subscribe('a/#', { qos: 1 })
    const sent = Array.from({ length: 100 }, (_, number) => `${number}`)
    for (const payload of sent) publisher.sendPublish(`a/${payload}`, payload, { qos: 1 })
    await brokers.settle()
    for (const subscriber of subscribers) assert.deepEqual(subscriber.payloads(), sent)
  })

  it('v5 [MQTT-3.3.2-17] hands on the properties of the message, user properties in their order', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    const subscribers = [
      await brokers.connect('here'),
      await brokers.connect('there', { at: 1 }),
      await brokers.connect('stored', { at: 1, sessionExpiry: 100 }),
    ]
    for (const subscriber of subscribers) await subscriber.subscribe('a', { qos: 1 })
    const properties = {
      payloadFormatIndicator: true,
      contentType: 'text/plain',
      responseTopic: 'answers',
      correlationData: Buffer.from([1, 2, 3]),
      userProperties: { z: ['1', '2'], a: '3' },
    }
    await publisher.publish('a', 'x', { qos: 1, properties })
    for (const subscriber of subscribers) {
      const got = subscriber.expect('publish').properties
      assert.deepEqual({ ...got, userProperties: { ...got?.userProperties } }, properties)
    }
  })

  it('v5 gives MQTT 3 subscribers the payload alone, and MQTT 5 ones what MQTT 3 clients publish', async () => {
    const brokers = await TestBrokers.start()
    const [four, five] = [await brokers.connect('four', { version: 4 }), await brokers.connect('five')]
    for (const client of [four, five]) await client.subscribe('a')
    await five.publish('a', 'from five', { properties: { contentType: 'text/plain' } })
    await four.publish('a', 'from four')
    assert.deepEqual(four.payloads(), ['from five', 'from four'])
    assert.deepEqual(five.payloads(), ['from five', 'from four'])
  })
})

describe('PUBLISH to nobody', () => {
  it('v5 3.4.2.1 is answered with 0x10 in MQTT 5', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.publish('a', 'x', { qos: 1 })
    assert.equal(client.expect('puback').reasonCode, ReasonCode.NoMatchingSubscribers)
    await client.publish('a', 'x', { qos: 2 })
    assert.equal(client.expect('pubrec').reasonCode, ReasonCode.NoMatchingSubscribers)
    assert.equal(client.expect('pubcomp').reasonCode, 0)
    const old = await brokers.connect('old', { version: 4 })
    await old.publish('a', 'x', { qos: 1 })
    assert.equal(old.expect('puback').length, 2)
  })

  it('is not what a Shared Subscription makes it, here or at another worker', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    for (const at of [0, 1]) {
      const member = await brokers.connect('member', { at })
      await member.subscribe('$share/group/a', { qos: 1 })
      await publisher.publish('a', 'x', { qos: 1 })
      assert.deepEqual(member.payloads(), ['x'])
      assert.equal(publisher.expect('puback').reasonCode, 0)
      await member.disconnect()
    }
  })
})

describe('No Local', () => {
  for (const sessionExpiry of [0, 100]) {
    it(`v5 [MQTT-3.8.3-3] keeps a client's own messages from it${sessionExpiry > 0 ? ', persistent' : ''}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', { sessionExpiry })
      const other = await brokers.connect('other', { at: 1 })
      await client.subscribe('a', { qos: 1, noLocal: true, subscriptionIdentifier: 1 })
      for (const qos of QOS) await client.publish('a', `own ${qos}`, { qos })
      for (const qos of QOS) await other.publish('a', `other ${qos}`, { qos })
      assert.deepEqual(client.payloads(), ['other 0', 'other 1', 'other 2'])
    })

    it(`holds for the one subscription, not for others that match${sessionExpiry > 0 ? ', persistent' : ''}`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c', { sessionExpiry })
      await client.subscribe('a/#', { qos: 2, noLocal: true, subscriptionIdentifier: 1 })
      await client.subscribe('a/b', { qos: 1, subscriptionIdentifier: 2 })
      await client.publish('a/b', 'own', { qos: 2 })
      const { qos, properties } = client.expect('publish')
      assert.equal(qos, 1)
      assert.equal(properties?.subscriptionIdentifier, 2)
      assert.deepEqual(client.payloads(), [])
    })
  }
})

describe('overlapping subscriptions', () => {
  for (const sessionExpiry of [0, 100]) {
    it(`v5 3.3.4 make one copy, with the highest QoS and all identifiers${sessionExpiry > 0 ? ', persistent' : ''}`, async () => {
      const brokers = await TestBrokers.start(2)
      const client = await brokers.connect('c', { at: 1, sessionExpiry })
      await client.subscribe('a/+', { qos: 0, subscriptionIdentifier: 10 })
      await client.subscribe('a/#', { qos: 2, subscriptionIdentifier: 20 })
      await client.subscribe('a/b', { qos: 1 })
      await client.subscribe('+/b', { qos: 1, subscriptionIdentifier: 30 })
      const publisher = await brokers.connect('publisher')
      for (const sent of QOS) {
        await publisher.publish('a/b', 'x', { qos: sent })
        const { qos, properties } = client.expect('publish')
        assert.equal(qos, sent)
        assert.deepEqual(new Set([properties?.subscriptionIdentifier].flat()), new Set([10, 20, 30]))
        assert.deepEqual(client.payloads(), [])
      }
    })
  }

  it('v5 [MQTT-3.3.1-13] keep the RETAIN flag if one of them wants it as published', async () => {
    const brokers = await TestBrokers.start(2)
    const publisher = await brokers.connect('publisher')
    for (const at of [0, 1]) {
      const client = await brokers.connect('c', { at })
      await client.subscribe('a/#', { qos: 0, retainHandling: 2 })
      await publisher.publish('a/b', 'x', { retain: true })
      assert.equal(client.expect('publish').retain, false)
      await client.subscribe('a/+', { qos: 0, retainAsPublished: true, retainHandling: 2 })
      await publisher.publish('a/b', 'x', { retain: true })
      assert.equal(client.expect('publish').retain, true)
      await publisher.publish('a/b', 'x')
      assert.equal(client.expect('publish').retain, false)
    }
  })
})

describe('the Message Expiry Interval', () => {
  const expiring: PublishOptions = { qos: 1, properties: { messageExpiryInterval: 10 } }

  for (const sessionExpiry of [0, 100]) {
    const who = sessionExpiry > 0 ? 'a queue' : 'memory'

    it(`v5 [MQTT-3.3.2-6] is what is left of it after the time in ${who}`, async () => {
      const brokers = await TestBrokers.start()
      const slow = await brokers.connect('slow', { sessionExpiry, properties: { receiveMaximum: 1 } })
      await slow.subscribe('a', { qos: 1 })
      slow.acknowledging = false
      const publisher = await brokers.connect('publisher')
      await publisher.publish('a', 'first', expiring)
      await publisher.publish('a', 'second', expiring)
      const first = slow.expect('publish')
      assert.equal(first.properties?.messageExpiryInterval, 10)
      await brokers.pass(3_000)
      slow.send({ cmd: 'puback', messageId: first.messageId ?? 0 })
      await brokers.settle()
      assert.equal(slow.expect('publish').properties?.messageExpiryInterval, 7)
    })

    it(`v5 [MQTT-3.3.2-5] ends the wait of a message in ${who}`, async () => {
      const brokers = await TestBrokers.start()
      const slow = await brokers.connect('slow', { sessionExpiry, properties: { receiveMaximum: 1 } })
      await slow.subscribe('a', { qos: 1 })
      slow.acknowledging = false
      const publisher = await brokers.connect('publisher')
      for (const payload of ['first', 'second']) await publisher.publish('a', payload, expiring)
      await publisher.publish('a', 'third', { qos: 1 })
      const first = slow.expect('publish')
      await brokers.pass(10_000)
      slow.send({ cmd: 'puback', messageId: first.messageId ?? 0 })
      await brokers.settle()
      assert.deepEqual(slow.payloads(), ['third'])
      assert.equal(brokers.count('droppedExpired'), 1)
    })
  }

  it('of 0 means a message for those who are there now', async () => {
    const brokers = await TestBrokers.start()
    const here = await brokers.connect('here')
    await here.subscribe('a', { qos: 1 })
    const publisher = await brokers.connect('publisher')
    await publisher.publish('a', 'x', { qos: 1, properties: { messageExpiryInterval: 0 } })
    assert.equal(here.expect('publish').properties?.messageExpiryInterval, 0)
  })
})

describe('a PUBLISH that is not allowed', () => {
  const denied: Permissions = { ...allowAllPermissions, mayPublish: () => false }

  for (const qos of QOS) {
    it(`v5 QoS ${qos}: the client learns the reason, then the connection ends with 0x87`, async () => {
      const brokers = await TestBrokers.start()
      const watcher = await brokers.connect('watcher')
      await watcher.subscribe('#')
      brokers.door.permissions = denied
      const client = await brokers.connect('c')
      await client.publish('a', 'x', { qos })
      if (qos === 1) assert.equal(client.expect('puback').reasonCode, ReasonCode.NotAuthorized)
      if (qos === 2) assert.equal(client.expect('pubrec').reasonCode, ReasonCode.NotAuthorized)
      const { reasonCode, properties } = client.expect('disconnect')
      assert.equal(reasonCode, ReasonCode.NotAuthorized)
      assert.equal(
        properties?.reasonString,
        `Not authorized to publish on topic 'a' with QoS '${qos}' and retain 'false'`,
      )
      assert.equal(client.closedByBroker, true)
      assert.deepEqual(watcher.payloads(), [])
      assert.equal(brokers.count('publishesNotAuthorized'), 1)
    })
  }

  it('v5 [MQTT-3.4.2-2], [MQTT-3.5.2-2] the reason is left out where it would be too large for the client', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = denied
    for (const qos of [1, 2] as const) {
      const client = await brokers.connect('c', { properties: { maximumPacketSize: 40 } })
      await client.publish('a', 'x', { qos })
      const { reasonCode, properties } = client.expect(qos === 1 ? 'puback' : 'pubrec')
      assert.deepEqual([reasonCode, properties?.reasonString], [ReasonCode.NotAuthorized, undefined])
    }
  })

  it('v3.1.1 the connection ends', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = denied
    const client = await brokers.connect('c', { version: 4 })
    await client.publish('a', 'x', { qos: 1 })
    assert.deepEqual(client.received, [])
    assert.equal(client.closedByBroker, true)
  })

  it('is one to a topic of the broker, whatever the permissions', async () => {
    const brokers = await TestBrokers.start()
    for (const topic of ['$SYS/broker/version', '$share/group/a', '$CONTROL/x']) {
      const client = await brokers.connect('c')
      await client.publish(topic, 'x', { qos: 1 })
      assert.equal(client.expect('puback').reasonCode, ReasonCode.NotAuthorized, topic)
      assert.equal(client.closedByBroker, true)
    }
    const client = await brokers.connect('c')
    await client.subscribe('$other/a')
    await client.publish('$other/a', 'x')
    assert.deepEqual(client.payloads(), ['x'])
  })

  it('v5 [MQTT-3.3.2-2] is one with a wildcard in its Topic Name: 0x90', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    // mqtt-packet does not write this one.
    client.sendBytes(Buffer.from('\x30\x06\x00\x03a/#\x00', 'latin1'))
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.TopicNameInvalid)
    assert.equal(client.closedByBroker, true)
  })
})

describe('acknowledgements', () => {
  it('v5 [MQTT-4.6.0-2] leave in the order of their messages, though some wait for another worker', async () => {
    const brokers = await TestBrokers.start(2)
    const far = await brokers.connect('far', { at: 1 })
    await far.subscribe('far', { qos: 1 })
    const near = await brokers.connect('near')
    await near.subscribe('near', { qos: 1 })
    const client = await brokers.connect('c')
    const order = ['far', 'near', 'far', 'near', 'near'].map(topic => client.sendPublish(topic, 'x', { qos: 1 }))
    assert.equal(client.takeAll('puback').length, 0)
    await brokers.settle()
    assert.deepEqual(
      client.takeAll('puback').map(({ messageId }) => messageId),
      order,
    )
  })

  it('v5 [MQTT-4.6.0-3] those of QoS 2 too', async () => {
    const brokers = await TestBrokers.start(2)
    const far = await brokers.connect('far', { at: 1, sessionExpiry: 100 })
    await far.subscribe('far', { qos: 2 })
    const client = await brokers.connect('c', { sessionExpiry: 100 })
    const order = ['far', 'nobody', 'far'].map(topic => client.sendPublish(topic, 'x', { qos: 2 }))
    await brokers.settle()
    assert.deepEqual(
      client.takeAll('pubrec').map(({ messageId }) => messageId),
      order,
    )
    assert.equal(client.takeAll('pubcomp').length, 3)
  })

  it('are not sent for a message that could not be stored: the connection ends', async () => {
    const brokers = await TestBrokers.start()
    const stored = await brokers.connect('stored', { sessionExpiry: 100 })
    await stored.subscribe('a', { qos: 1 })
    const client = await brokers.connect('c')
    await brokers.store.close()
    await client.publish('a', 'x', { qos: 1 })
    assert.deepEqual(client.takeAll('puback'), [])
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.UnspecifiedError)
    assert.equal(client.closedByBroker, true)
  })
})
