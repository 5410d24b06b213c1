import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'
import { connectPacket, publishPacket, subscribePacket, type WireClient } from '../../../support/wire-client.ts'

describe('CONNECT', () => {
  for (const version of [3, 4, 5] as const) {
    it(`is answered by CONNACK in the client's version, which is ${version}`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c', { version, admitted: false })
      assert.equal(codeOf(client), 0)
      assert.equal(client.received.length, 0)
      await client.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-3.2.2-18] tells MQTT 5 clients the limits', async () => {
    const limits = { receiveMaximum: 77, topicAliasMaximum: 5, maximumPacketSizeBytes: 100_000 }
    const brokers = await TestBrokers.start(1, { limits })
    const { properties } = (await brokers.connect('c', { admitted: false })).expect('connack')
    assert.deepEqual({ ...properties }, { receiveMaximum: 77, topicAliasMaximum: 5, maximumPacketSize: 100_000 })
  })

  it('shows the door what the client said', async () => {
    const brokers = await TestBrokers.start()
    await brokers.connect('c', { username: 'device', password: Buffer.from('token') })
    const [shown] = brokers.door.shown
    assert.equal(shown?.clientId, 'c')
    assert.equal(shown.username, 'device')
    assert.equal(shown.password?.toString(), 'token')
    assert.equal(shown.remoteAddress, '192.0.2.1')
    assert.equal(shown.listener.name, 'tcp-listener-1883')
  })
})

describe('the Client Identifier', () => {
  it('v5 [MQTT-3.1.3-6] [MQTT-3.2.2-16] is assigned when it is empty, and told in CONNACK', async () => {
    const brokers = await TestBrokers.start()
    const assigned = new Set<string | undefined>()
    for (let client = 0; client < 2; client++) {
      const connack = (await brokers.connect('', { admitted: false })).expect('connack')
      assert.match(connack.properties?.assignedClientIdentifier ?? '', /^guardbee-[0-9a-f]{24}$/)
      assigned.add(connack.properties?.assignedClientIdentifier)
    }
    assert.deepEqual(new Set(brokers.door.shown.map(({ clientId }) => clientId)), assigned)
    assert.equal(assigned.size, 2)
  })

  it('v3.1.1 [MQTT-3.1.3-8] may be empty with a clean session only (CVE-2025-56352)', async () => {
    const brokers = await TestBrokers.start()
    const clean = await brokers.connect('', { version: 4, admitted: false })
    assert.equal(codeOf(clean), 0)
    // mqtt-packet does not write this one.
    const kept = brokers.open(0, 4)
    kept.sendBytes(Buffer.from('\x10\x0c\x00\x04MQTT\x04\x00\x00\x3c\x00\x00', 'latin1'))
    await brokers.settle()
    assert.equal(codeOf(kept), 2)
    assert.equal(kept.closedByBroker, true)
  })

  it('v3.1 has at least one character', async () => {
    const brokers = await TestBrokers.start()
    // mqtt-packet does not write this one.
    const client = brokers.open(0, 3)
    client.sendBytes(Buffer.from('\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00', 'latin1'))
    await brokers.settle()
    assert.equal(codeOf(client), 2)
    assert.equal(brokers.count('connectsRefused'), 1)
  })
})

describe('a CONNECT that is refused', () => {
  for (const { version, code } of [
    { version: 4, code: 5 },
    { version: 5, code: ReasonCode.NotAuthorized },
  ] as const) {
    it(`by the door: version ${version} is told ${code} and the connection is closed`, async () => {
      const brokers = await TestBrokers.start()
      brokers.door.refusal = {
        kind: 'refused',
        reasonCode: ReasonCode.NotAuthorized,
        cause: 'expired',
        reference: 'r-7',
      }
      const client = await brokers.connect('c', { version, admitted: false })
      const connack = client.expect('connack')
      assert.equal(version === 5 ? connack.reasonCode : connack.returnCode, code)
      assert.equal(connack.sessionPresent, false)
      assert.equal(connack.properties?.reasonString, version === 5 ? 'Authentication failed (ref r-7)' : undefined)
      assert.equal(client.closedByBroker, true)
      assert.equal(brokers.count('connectsRefused'), 1)
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-3.2.2-19] is told no reason that exceeds its Maximum Packet Size', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.refusal = { kind: 'refused', reasonCode: ReasonCode.NotAuthorized, cause: 'expired', reference: 'r-7' }
    const client = await brokers.connect('c', { admitted: false, properties: { maximumPacketSize: 20 } })
    const connack = client.expect('connack')
    assert.equal(connack.reasonCode, ReasonCode.NotAuthorized)
    assert.equal(connack.properties?.reasonString, undefined)
  })

  it('v5 [MQTT-3.1.2-24] because its Maximum Packet Size is too small for CONNACK: 0x95, if that fits', async () => {
    const brokers = await TestBrokers.start()
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('last words')
    for (const { maximumPacketSize, told } of [
      { maximumPacketSize: 5, told: true },
      { maximumPacketSize: 4, told: false },
    ]) {
      const client = await brokers.connect('c', {
        admitted: false,
        properties: { maximumPacketSize },
        will: { topic: 'last words', payload: 'x', qos: 0, retain: false },
      })
      if (told) assert.equal(client.expect('connack').reasonCode, ReasonCode.PacketTooLarge)
      assert.deepEqual(client.received, [])
      assert.equal(client.closedByBroker, true)
    }
    assert.deepEqual(watcher.payloads(), [], 'who was not let in has left no will')
    assert.equal(brokers.count('connectsRefused'), 2)
    await watcher.disconnect()
    brokers.assertNothingLeft()
  })

  it('v5 [MQTT-3.1.4-6] has nothing handled that was sent behind it', async () => {
    const brokers = await TestBrokers.start()
    const listening = await brokers.connect('listening')
    await listening.subscribe('a')
    brokers.door.refusal = { kind: 'refused', reasonCode: ReasonCode.NotAuthorized, cause: 'expired', reference: 'r-7' }
    const client = brokers.open()
    client.send(connectPacket('c', 5), publishPacket('a', 'smuggled'))
    await brokers.settle()
    assert.equal(codeOf(client), ReasonCode.NotAuthorized)
    assert.deepEqual(listening.payloads(), [])
  })

  it('because the store does not answer: 0x88, and the cause is logged', async () => {
    const brokers = await TestBrokers.start()
    await brokers.store.close()
    const client = await brokers.connect('c', { admitted: false })
    assert.equal(codeOf(client), ReasonCode.ServerUnavailable)
    assert.match(brokers.log.errors.join(), /the store is closed/)
    assert.equal(brokers.worker().broker.holdings.claims, 0)
  })
})

describe('the will in CONNECT', () => {
  it('v5 [MQTT-3.1.3-11] must have a Topic Name', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { will: { topic: 'a/#', payload: 'x' }, admitted: false })
    assert.equal(codeOf(client), ReasonCode.TopicNameInvalid)
  })

  it('must be one that the client may publish, with its QoS and its RETAIN flag', async () => {
    const brokers = await TestBrokers.start()
    const asked: unknown[] = []
    brokers.door.permissions = {
      list: [],
      mayPublish: (...args) => asked.push(args) < 0,
      maySubscribe: () => true,
      mayReceive: () => true,
      decidesPublish: () => undefined,
      decidesSubscribe: () => undefined,
    }
    const will = { topic: 'a', payload: 'x', qos: 1, retain: true } as const
    const client = await brokers.connect('c', { will, admitted: false })
    const { reasonCode, properties } = client.expect('connack')
    assert.equal(reasonCode, ReasonCode.NotAuthorized)
    assert.deepEqual(asked, [['a', 1, true]])
    assert.equal(
      properties?.reasonString,
      "Will Publish is not authorized to topic 'a' with QoS '1' and retain 'true' (ref r-late)",
    )
    assert.deepEqual(brokers.door.refusedLate, [{ clientId: 'c', cause: 'will_not_permitted' }])
    brokers.assertNothingLeft()
  })

  it('must not have a topic of the broker, whatever the permissions', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { will: { topic: '$SYS/x', payload: 'x' }, admitted: false })
    assert.equal(codeOf(client), ReasonCode.NotAuthorized)
  })
})

describe('while the door decides', () => {
  it('v5 3.1.4 packets behind CONNECT wait, in the same write or in later ones, and are handled in order', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.close()
    const client = brokers.open()
    client.send(connectPacket('c', 5), subscribePacket(1, 'a'))
    client.send(publishPacket('a', 'one', { qos: 1, messageId: 2 }))
    await brokers.settle()
    assert.equal(client.connection.paused, true)
    assert.equal(client.received.length, 0)
    brokers.door.open()
    await brokers.settle()
    assert.equal(client.connection.paused, false)
    assert.deepEqual(client.received.map(({ cmd }) => cmd).toSorted(), ['connack', 'puback', 'publish', 'suback'])
    assert.equal(client.received[0]?.cmd, 'connack')
  })

  it('no more than 64 KiB are kept for later', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.close()
    const client = brokers.open()
    client.send(connectPacket('c', 5))
    for (let part = 0; part < 3; part++) client.send(publishPacket('a', 'x'.repeat(30_000)))
    await brokers.settle()
    assert.equal(client.closedByBroker, true)
    brokers.door.open()
    await brokers.settle()
    assert.deepEqual(client.received, [])
    brokers.assertNothingLeft()
  })

  it('the connection may be lost: nothing is claimed', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.close()
    const client = brokers.open()
    client.send(connectPacket('c', 5, { properties: { sessionExpiryInterval: 100 } }))
    await client.lose()
    brokers.door.open()
    await brokers.settle()
    brokers.assertNothingLeft()
    const again = await brokers.connect('c', { clean: false, admitted: false })
    assert.equal(again.expect('connack').sessionPresent, false)
  })

  it('a session that was claimed as the connection was lost is left again', async () => {
    const brokers = await TestBrokers.start(2)
    const earlier = await brokers.connect('c', { at: 0, sessionExpiry: 100 })
    await earlier.subscribe('a', { qos: 1 })
    const [here, there] = [brokers.worker(0).address, brokers.worker(1).address]
    brokers.network.hold(here, there)
    const client = brokers.open(1)
    await client.connect('c', { clean: false, properties: { sessionExpiryInterval: 100 } })
    await client.lose()
    brokers.network.release(here, there)
    await brokers.settle()
    assert.equal(earlier.closedByBroker, true)
    const again = await brokers.connect('c', { at: 0, clean: false, admitted: false })
    assert.equal(again.expect('connack').sessionPresent, true)
    await again.disconnect()
    brokers.assertNothingLeft()
  })

  it('a decision that takes longer than the time for CONNECT comes too late', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.close()
    const client = brokers.open()
    client.send(connectPacket('c', 5))
    await brokers.pass(10_500)
    assert.equal(client.closedByBroker, true)
    brokers.door.open()
    await brokers.settle()
    brokers.assertNothingLeft()
  })
})

describe('a session', () => {
  it('v5 [MQTT-3.1.2-5] [MQTT-3.2.2-3] is present when there is one and Clean Start is 0', async () => {
    const brokers = await TestBrokers.start(2)
    const present = async (clean: boolean, at: number): Promise<boolean> => {
      const client = await brokers.connect('c', { at, clean, sessionExpiry: 100, admitted: false })
      const { sessionPresent } = client.expect('connack')
      await client.disconnect()
      return sessionPresent
    }
    assert.deepEqual(
      [await present(false, 0), await present(false, 1), await present(true, 0), await present(false, 1)],
      [false, true, false, true],
    )
  })

  it('v3.1.1 [MQTT-3.1.2-4] [MQTT-3.2.2-2] stays with Clean Session 0, and ends with Clean Session 1', async () => {
    const brokers = await TestBrokers.start()
    const present = async (clean: boolean): Promise<boolean> => {
      const client = await brokers.connect('c', { version: 4, clean, admitted: false })
      const { sessionPresent } = client.expect('connack')
      await client.disconnect()
      return sessionPresent
    }
    assert.deepEqual(
      [await present(false), await present(false), await present(true), await present(false)],
      [false, true, false, false],
    )
  })

  it('belongs to the subject that made it: another one gets 0x87, and the owner notices nothing', async () => {
    const brokers = await TestBrokers.start(2)
    const owner = await brokers.connect('c', { username: 'alice', sessionExpiry: 100 })
    for (const at of [0, 1]) {
      const thief = await brokers.connect('c', { at, username: 'mallory', admitted: false })
      const { reasonCode, properties } = thief.expect('connack')
      assert.equal(reasonCode, ReasonCode.NotAuthorized)
      assert.equal(properties?.reasonString, 'the session belongs to another subject (ref r-late)')
      assert.equal(thief.closedByBroker, true)
    }
    assert.deepEqual(await owner.subscribe('a'), [0])
    await owner.disconnect()
    const late = await brokers.connect('c', { username: 'mallory', admitted: false })
    assert.equal(codeOf(late), ReasonCode.NotAuthorized)
    const told = { clientId: 'c', cause: 'session_of_another_subject' }
    assert.deepEqual(brokers.door.refusedLate, [told, told, told])
  })
})

function codeOf(client: WireClient): number | undefined {
  const connack = client.expect('connack')
  return client.version === 5 ? connack.reasonCode : connack.returnCode
}
