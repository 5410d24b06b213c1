import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import { packet, properties, str } from '../../support/wire-bytes.ts'
import type { WireClient } from '../../support/wire-client.ts'

describe('a Topic Alias', () => {
  it('v5 3.3.2.3.4 stands for the Topic Name that it was last set with, on its connection', async () => {
    const { publisher, watcher, brokers } = await watched()
    await publish(publisher, 'a', 1)
    await publish(publisher, 'b', 2)
    await publish(publisher, '', 1)
    await publish(publisher, '', 2)
    await publish(publisher, 'c', 1)
    await publish(publisher, '', 1)
    assert.deepEqual(topics(watcher), ['a', 'b', 'a', 'b', 'c', 'c'])
    const other = await brokers.connect('other')
    await publish(other, '', 1)
    assert.equal(other.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
  })

  it('v5 [MQTT-3.1.2-27] does not go on to the subscriber', async () => {
    const { publisher, watcher } = await watched()
    await publish(publisher, 'a', 1)
    assert.equal(watcher.expect('publish').properties?.topicAlias, undefined)
  })

  it('holds with a QoS 1 message that another worker or a queue is sent', async () => {
    const { publisher, brokers } = await watched()
    const others = [
      await brokers.connect('there', { at: 1 }),
      await brokers.connect('stored', { at: 1, sessionExpiry: 100 }),
    ]
    for (const other of others) await other.subscribe('#', { qos: 1 })
    for (const topic of ['a', '']) await publisher.publish(topic, 'x', { qos: 1, properties: { topicAlias: 3 } })
    for (const other of others) assert.deepEqual(topics(other), ['a', 'a'])
  })

  it('v5 [MQTT-3.2.2-17] above the maximum ends the connection with 0x94, and so does 0', async () => {
    const brokers = await TestBrokers.start(1, { limits: { topicAliasMaximum: 5 } })
    const client = await brokers.connect('c')
    await publish(client, 'a', 5)
    assert.equal(client.open, true)
    await publish(client, 'a', 6)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.TopicAliasInvalid)
    const zero = await brokers.connect('zero')
    // mqtt-packet does not write this one.
    zero.sendBytes(Buffer.from('\x30\x08\x00\x01a\x03\x23\x00\x00x', 'latin1'))
    await brokers.settle()
    assert.equal(zero.expect('disconnect').reasonCode, ReasonCode.TopicAliasInvalid)
  })
})

describe('a Topic Name', () => {
  it('that is published again and again reaches those who subscribe and unsubscribe meanwhile', async () => {
    const brokers = await TestBrokers.start()
    const publisher = await brokers.connect('publisher')
    const subscriber = await brokers.connect('subscriber')
    const got: number[] = []
    for (let round = 0; round < 3; round++) {
      await publisher.publish('a', 'x')
      got.push(subscriber.payloads().length)
      await subscriber.subscribe('a')
      await publisher.publish('a', 'x')
      got.push(subscriber.payloads().length)
      await subscriber.unsubscribe('a')
    }
    assert.deepEqual(got, [0, 1, 0, 1, 0, 1])
  })

  it('is not taken for another one of the same length, nor for its beginning', async () => {
    const { publisher, watcher } = await watched()
    const sent = ['ab', 'ac', 'a', 'abc', 'ab', 'ab', 'ä', 'aé']
    for (const topic of sent) await publisher.publish(topic, 'x')
    assert.deepEqual(topics(watcher), sent)
  })

  for (const [why, topic] of [
    ['[MQTT-1.5.4-1] that is not UTF-8', [0xc3, 0x28]],
    ['[MQTT-1.5.4-1] with a surrogate', [0xed, 0xa0, 0x80]],
    ['[MQTT-1.5.4-2] with NUL', [0x61, 0x00]],
    ['1.5.4 with a control character', [0x61, 0x1f]],
  ] as const) {
    it(`v5 ${why} ends the connection with 0x81`, async () => {
      const brokers = await TestBrokers.start()
      const client = await brokers.connect('c')
      client.sendBytes(packet(0x30, str(Buffer.from(topic)), properties()))
      await brokers.settle()
      assert.equal(client.expect('disconnect').reasonCode, ReasonCode.MalformedPacket)
    })
  }

  it('may be one of more than are remembered', async () => {
    const { publisher, watcher } = await watched({ limits: { routesCachedMax: 3 } })
    const sent = Array.from({ length: 20 }, (_, number) => `a/${number % 5}`)
    for (const topic of sent) await publisher.publish(topic, 'x')
    assert.deepEqual(topics(watcher), sent)
  })
})

interface Watched {
  readonly brokers: TestBrokers
  readonly publisher: WireClient
  readonly watcher: WireClient
}

async function watched(options: Parameters<typeof TestBrokers.start>[1] = {}): Promise<Watched> {
  const brokers = await TestBrokers.start(2, options)
  const watcher = await brokers.connect('watcher')
  await watcher.subscribe('#')
  return { brokers, watcher, publisher: await brokers.connect('publisher') }
}

async function publish(client: WireClient, topic: string, topicAlias: number): Promise<void> {
  await client.publish(topic, 'x', { properties: { topicAlias } })
}

function topics(client: WireClient): readonly string[] {
  return client.takeAll('publish').map(({ topic }) => topic)
}
