import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import { connectPacket } from '../../support/wire-client.ts'

describe('a connection without a CONNECT', () => {
  it('is closed after connectTimeoutMs', async () => {
    const brokers = await TestBrokers.start()
    const client = brokers.open()
    await brokers.pass(9_000)
    assert.equal(client.closedByBroker, false)
    await brokers.pass(1_500)
    assert.equal(client.closedByBroker, true)
    assert.deepEqual(client.received, [])
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-3.1.0-1] is closed when its first packet is another one', async () => {
    const brokers = await TestBrokers.start()
    const client = brokers.open()
    client.send({ cmd: 'pingreq' })
    await brokers.settle()
    assert.equal(client.closedByBroker, true)
    assert.deepEqual(client.received, [])
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-3.1.2-2] is told when it names a version that there is not', async () => {
    const brokers = await TestBrokers.start()
    const client = brokers.open()
    client.sendBytes(Buffer.from('\x10\x0d\x00\x04MQTT\x06\x02\x00\x3c\x00\x01c', 'latin1'))
    await brokers.settle()
    assert.equal(client.expect('connack').reasonCode, ReasonCode.UnsupportedProtocolVersion)
    assert.equal(client.closedByBroker, true)
    assert.equal(brokers.count('connectsRefused'), 1)
  })

  it('may be lost at any time', async () => {
    const brokers = await TestBrokers.start()
    const client = brokers.open()
    assert.equal(brokers.worker().broker.connections, 1)
    await client.lose()
    brokers.assertNothingLeft()
  })
})

describe('the Keep Alive', () => {
  for (const version of [4, 5] as const) {
    it(`v${version} [MQTT-3.1.2-${version === 5 ? 22 : 24}] a silent client is closed after one and a half of it`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c', { version, keepalive: 10 })
      await brokers.pass(15_000)
      assert.equal(client.closedByBroker, false)
      await brokers.pass(1_000)
      assert.equal(client.closedByBroker, true)
      if (version === 5) assert.equal(client.expect('disconnect').reasonCode, ReasonCode.KeepAliveTimeout)
      else assert.deepEqual(client.received, [])
      brokers.assertNothingLeft()
    })
  }

  it('is never cut short, whenever within a tick the client was last heard of', async () => {
    const brokers = await TestBrokers.start()
    for (const offsetMs of [0, 100, 250, 499]) {
      const client = await brokers.connect(`c${offsetMs}`, { keepalive: 1 })
      // Twice, for the first time the deadline stands where CONNECT has put it.
      for (const pauseMs of [1_000 + offsetMs, 1_499]) {
        await brokers.pass(pauseMs)
        client.send({ cmd: 'pingreq' })
        await brokers.settle()
        assert.equal(client.expect('pingresp').cmd, 'pingresp')
      }
      await brokers.pass(1_499)
      assert.equal(client.closedByBroker, false, `${offsetMs} ms`)
      await brokers.pass(1_001)
      assert.equal(client.closedByBroker, true, `${offsetMs} ms`)
    }
  })

  it('of a client that talks leaves nothing behind when it goes', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { keepalive: 2 })
    for (let ping = 0; ping < 5; ping++) {
      await brokers.pass(2_000)
      client.send({ cmd: 'pingreq' })
    }
    await client.disconnect()
    brokers.assertNothingLeft()
  })

  it('of 0 lets a client be silent', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { keepalive: 0 })
    await brokers.pass(100_000)
    assert.equal(client.closedByBroker, false)
  })
})

describe('a connection', () => {
  it('v5 [MQTT-3.1.0-2] is closed with 0x82 when a second CONNECT comes', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    client.send(connectPacket('c', 5))
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    assert.equal(client.closedByBroker, true)
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-4.13.1-1] is closed with 0x81 when a packet cannot be read, and nothing behind it is', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    client.sendBytes(Buffer.from([0xc1, 0x00, 0xc0, 0x00]))
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.MalformedPacket)
    assert.deepEqual(client.received, [])
    assert.equal(client.closedByBroker, true)
  })

  it('v3.1.1 is closed without a word', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { version: 4 })
    client.sendBytes(Buffer.from([0xc1, 0x00]))
    await brokers.settle()
    assert.deepEqual(client.received, [])
    assert.equal(client.closedByBroker, true)
  })

  it('v5 [MQTT-3.14.2-4] is told no reason that exceeds its Maximum Packet Size', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { maximumPacketSize: 20 } })
    client.send(connectPacket('c', 5))
    await brokers.settle()
    const disconnect = client.expect('disconnect')
    assert.equal(disconnect.reasonCode, ReasonCode.ProtocolError)
    assert.equal(disconnect.properties?.reasonString, undefined)
  })

  it('v5 3.1.2.11.7 is told no reason when it did not ask for any', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { requestProblemInformation: false } })
    client.send(connectPacket('c', 5))
    await brokers.settle()
    assert.equal(client.expect('disconnect').properties?.reasonString, undefined)
  })

  it('gets all answers of one tick with one write', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    const { writes } = client.connection
    client.send(...Array.from({ length: 50 }, () => ({ cmd: 'pingreq' }) as const))
    await brokers.settle()
    assert.equal(client.takeAll('pingresp').length, 50)
    assert.equal(client.connection.writes, writes + 1)
  })

  it('v5 [MQTT-3.2.2-15] is closed with 0x95 when a packet exceeds what CONNACK said', async () => {
    const brokers = await TestBrokers.start(1, { limits: { maximumPacketSizeBytes: 1_000 } })
    const client = await brokers.connect('c')
    await client.publish('a', 'x'.repeat(990))
    assert.equal(client.closedByBroker, false)
    await client.publish('a', 'x'.repeat(1_000))
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.PacketTooLarge)
    assert.equal(client.closedByBroker, true)
  })
})

describe('what goes wrong behind a packet', () => {
  it('ends the connection with 0x80, so that the client does not wait for ever', async () => {
    const brokers = await TestBrokers.start()
    const [subscribing, unsubscribing] = [
      await brokers.connect('s', { sessionExpiry: 100 }),
      await brokers.connect('u', { sessionExpiry: 100 }),
    ]
    await unsubscribing.subscribe('a')
    await brokers.store.close()
    subscribing.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic: 'a', qos: 1 }] })
    unsubscribing.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['a'] })
    await brokers.settle()
    for (const client of [subscribing, unsubscribing]) {
      assert.equal(client.expect('disconnect').reasonCode, ReasonCode.UnspecifiedError)
      assert.equal(client.closedByBroker, true)
    }
    assert.match(brokers.log.errors.join(), /the store is closed/)
  })
})
