import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PacketDecoder } from '../../../src/protocol/decoder.ts'
import type { IncomingPublish } from '../../../src/protocol/incoming-publish.ts'
import type { ProtocolVersion, QoS } from '../../../src/protocol/packets.ts'
import type { PublishParts } from '../../../src/protocol/publish-parts.ts'
import { PublishTemplate } from '../../../src/protocol/publish-template.ts'
import { GatheredBytes } from '../../support/gathered-bytes.ts'
import { decodedByOracle } from '../../support/mqtt-packet-oracle.ts'
import { plainConnect } from '../../support/packet-catalogue.ts'
import { PacketRecorder } from '../../support/packet-recorder.ts'
import { packet, properties, property, str, u16, u32, u8, userProperty } from '../../support/wire-bytes.ts'

interface Receiver {
  readonly version: ProtocolVersion
  readonly qos: QoS
  readonly retain: boolean
  readonly duplicate: boolean
  readonly packetId: number
  readonly subscriptionIdentifiers: readonly number[]
}

const plain: Receiver = {
  version: 4,
  qos: 0,
  retain: false,
  duplicate: false,
  packetId: 0,
  subscriptionIdentifiers: [],
}

function append(template: PublishTemplate, gathered: GatheredBytes, receiver: Receiver): Buffer {
  const { version, qos, retain, duplicate, packetId, subscriptionIdentifiers } = receiver
  template.append(gathered.out, version, qos, retain, duplicate, packetId, subscriptionIdentifiers)
  const bytes = gathered.take()
  assert.equal(template.size(version, qos, subscriptionIdentifiers), bytes.length)
  return bytes
}

/** Payload and properties in the middle of other bytes. */
function parts(content: Buffer, kept: Buffer = Buffer.alloc(0)): PublishParts {
  const around = Buffer.from('around')
  return {
    payloadBytes: Buffer.concat([around, content, around]),
    payloadStart: around.length,
    payloadEnd: around.length + content.length,
    propertiesBytes: Buffer.concat([around, kept, around]),
    propertiesStart: around.length,
    propertiesEnd: around.length + kept.length,
  }
}

/** Runs `check` on the packet while it lies in the decoder. */
function whileDecoded(version: ProtocolVersion, bytes: Buffer, check: (incoming: IncomingPublish) => void): void {
  class Checking extends PacketRecorder {
    override publish(incoming: IncomingPublish): void {
      super.publish(incoming)
      check(incoming)
    }
  }
  const recorder = new Checking()
  const decoder = new PacketDecoder(recorder)
  const stream = Buffer.concat([plainConnect(version), bytes])
  decoder.decode(stream, 0, stream.length)
  assert.equal(recorder.packets.length, 2)
}

const topicName = 'bees/hive/1'
const topic = Buffer.from(topicName)
const payload = Buffer.from('a payload')
const userA = userProperty('a', '1')
const userB = userProperty('b', '2')
const decodedUserProperties = { userProperties: Object.assign(Object.create(null), { a: '1', b: '2' }) }

/** The same message as packets of all kinds, each with the expiry it has. */
const incomingPackets: readonly [string, ProtocolVersion, Buffer, number][] = [
  ['MQTT 3.1.1, QoS 0', 4, packet(0x30, str(topicName), payload), -1],
  ['MQTT 3.1, QoS 1', 3, packet(0x32, str(topicName), u16(9), payload), -1],
  ['MQTT 3.1.1, QoS 2, retain', 4, packet(0x35, str(topicName), u16(9), payload), -1],
  ['MQTT 3.1.1, header too long', 4, Buffer.concat([u8(0x30, 0x96, 0x80, 0x00), str(topicName), payload]), -1],
  ['MQTT 5, QoS 0', 5, packet(0x30, str(topicName), u8(0), payload), -1],
  ['MQTT 5, QoS 1', 5, packet(0x32, str(topicName), u16(9), u8(0), payload), -1],
  ['MQTT 5, user properties', 5, packet(0x30, str(topicName), properties(userA, userB), payload), -1],
  [
    'MQTT 5, alias',
    5,
    packet(0x32, str(topicName), u16(9), properties(property(0x23, u16(1)), userA, userB), payload),
    -1,
  ],
  ['MQTT 5, alias alone', 5, packet(0x30, str(''), properties(userA, property(0x23, u16(1)), userB), payload), -1],
  [
    'MQTT 5, expiry',
    5,
    packet(0x34, str(topicName), u16(9), properties(userA, property(2, u32(70_000)), userB), payload),
    70_000,
  ],
]

describe('PublishTemplate', () => {
  for (const [name, version, bytes, expiry] of incomingPackets) {
    it(`sends on what came as ${name}`, () => {
      whileDecoded(version, bytes, incoming => {
        const template = new PublishTemplate()
        template.fromIncoming(incoming, topic)
        checkEveryReceiver(template, bytes.includes(userA), expiry)
      })
    })
  }

  it('sends a message given in its parts', () => {
    const template = new PublishTemplate()
    template.fromParts(topic, parts(payload, Buffer.concat([userA, userB])), 70_000)
    checkEveryReceiver(template, true, 70_000)
    template.fromParts(topic, parts(payload), -1)
    checkEveryReceiver(template, false, -1)
    template.fromParts(topic, parts(payload), 0)
    checkEveryReceiver(template, false, 0)
  })

  it('hands the very bytes on where nothing differs but what is stamped', () => {
    const bytes = packet(0x3b, str(topicName), u16(9), properties(userA), payload)
    whileDecoded(5, bytes, incoming => {
      const template = new PublishTemplate()
      template.fromIncoming(incoming, topic)
      const sent = append(template, new GatheredBytes(), { ...plain, version: 5, qos: 1, packetId: 0x0102 })
      assert.deepEqual(sent, packet(0x32, str(topicName), u16(0x0102), properties(userA), payload))
    })
  })

  it('sends the expiry that the broker made of the one that came', () => {
    const bytes = packet(0x30, str(topicName), properties(property(2, u32(70_000))), payload)
    whileDecoded(5, bytes, incoming => {
      incoming.messageExpiryIntervalSeconds = 60
      const template = new PublishTemplate()
      template.fromIncoming(incoming, topic)
      const sent = append(template, new GatheredBytes(), { ...plain, version: 5 })
      assert.deepEqual(sent, packet(0x30, str(topicName), properties(property(2, u32(60))), payload))
    })
  })

  it('leaves the bytes it was given as they are', () => {
    const bytes = packet(0x32, str(topicName), u16(9), payload)
    whileDecoded(4, bytes, incoming => {
      const before = Buffer.from(incoming.bytes)
      const template = new PublishTemplate()
      template.fromIncoming(incoming, topic)
      for (let packetId = 1; packetId < 4; packetId += 1) {
        append(template, new GatheredBytes(), { ...plain, qos: 1, packetId, retain: true, duplicate: true })
      }
      assert.deepEqual(incoming.bytes, before)
    })
  })

  it('puts the expiry and the subscription identifiers before the properties of the publisher', () => {
    const template = new PublishTemplate()
    template.fromParts(topic, parts(payload, userA), 5)
    const sent = append(template, new GatheredBytes(), { ...plain, version: 5, subscriptionIdentifiers: [7, 300] })
    const expected = properties(property(2, u32(5)), property(0x0b, u8(7)), property(0x0b, u8(0xac, 0x02)), userA)
    assert.deepEqual(sent, packet(0x30, str(topicName), expected, payload))
  })

  it('sends payloads that are larger than what is laid out, once and many times', () => {
    for (const size of [64 * 1024 - 20, 64 * 1024, 300_000]) {
      const template = new PublishTemplate()
      const large = Buffer.alloc(size, 'x')
      template.fromParts(topic, parts(large), -1)
      for (let packetId = 1; packetId < 4; packetId += 1) {
        const sent = append(template, new GatheredBytes(), { ...plain, qos: 2, packetId })
        assert.deepEqual(sent, packet(0x34, str(topicName), u16(packetId), large))
      }
    }
  })

  it('sends any message to any receivers as mqtt-packet reads it, one instance after the other', () => {
    const template = new PublishTemplate()
    const gathered = new GatheredBytes()
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyMessage, fc.array(anyReceiver, { maxLength: 4 })), { maxLength: 4 }),
        messages => {
          for (const [message, receivers] of messages) {
            const { name, content, contentType, expiry } = message
            const kept = contentType === undefined ? Buffer.alloc(0) : property(3, str(contentType))
            template.fromParts(Buffer.from(name), parts(content, kept), expiry)
            for (const receiver of receivers) {
              const [read] = decodedByOracle(append(template, gathered, receiver), receiver.version)
              assert.ok(read?.cmd === 'publish')
              assert.deepEqual(
                [read.topic, read.payload, read.qos, read.retain, read.dup, read.messageId],
                [
                  name,
                  content,
                  receiver.qos,
                  receiver.retain,
                  receiver.duplicate,
                  receiver.qos === 0 ? undefined : receiver.packetId,
                ],
              )
              const expected = receiver.version === 5 ? expectedProperties(receiver, expiry, contentType) : undefined
              assert.deepEqual(read.properties, expected)
            }
          }
        },
      ),
    )
  })
})

const anyMessage = fc.record({
  name: fc.string({ minLength: 1, maxLength: 200 }),
  content: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
  contentType: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  expiry: fc.oneof(fc.constant(-1), fc.integer({ min: 1, max: 0xffff_ffff })),
})

const anyReceiver: fc.Arbitrary<Receiver> = fc.record({
  version: fc.constantFrom(3, 4, 5),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  duplicate: fc.boolean(),
  packetId: fc.integer({ min: 1, max: 65_535 }),
  subscriptionIdentifiers: fc.array(fc.integer({ min: 1, max: 268_435_455 }), { maxLength: 3 }),
})

/** As mqtt-packet shows them: one of a kind by itself, several in a list, none at all as undefined. */
function expectedProperties(receiver: Receiver, expiry: number, contentType?: string): unknown {
  const [first, ...more] = receiver.subscriptionIdentifiers
  const expected = {
    ...(expiry >= 0 && { messageExpiryInterval: expiry }),
    ...(first !== undefined && { subscriptionIdentifier: more.length === 0 ? first : [first, ...more] }),
    ...(contentType !== undefined && { contentType }),
  }
  return Object.keys(expected).length === 0 ? undefined : expected
}

/** Every version and QoS, twice each, because the second receiver is served in another way than the first. */
function checkEveryReceiver(template: PublishTemplate, userProperties: boolean, expiry: number): void {
  const gathered = new GatheredBytes()
  for (const version of [3, 5, 4, 5, 3] as const) {
    for (const qos of [0, 1, 2, 0, 1] as const) {
      const receiver = { ...plain, version, qos, packetId: 0x1234, retain: qos === 1, duplicate: qos === 2 }
      const [read] = decodedByOracle(append(template, gathered, receiver), version)
      assert.ok(read?.cmd === 'publish')
      assert.deepEqual([read.topic, read.payload], [topicName, payload])
      assert.deepEqual([read.qos, read.retain, read.dup], [qos, qos === 1, qos === 2])
      assert.equal(read.messageId, qos === 0 ? undefined : 0x1234)
      const sent = {
        ...(expiry >= 0 && { messageExpiryInterval: expiry }),
        ...(userProperties && decodedUserProperties),
      }
      assert.deepEqual(read.properties, version === 5 && Object.keys(sent).length > 0 ? sent : undefined)
    }
  }
}

describe('a Topic Alias', () => {
  const NO_OPTIONS = { retain: false, duplicate: false } as const

  function aliased(
    template: PublishTemplate,
    gathered: GatheredBytes,
    receiver: Pick<Receiver, 'qos' | 'packetId' | 'subscriptionIdentifiers'>,
    alias: number,
    aliasing: 'sets' | 'uses',
  ): Buffer {
    const { qos, packetId, subscriptionIdentifiers } = receiver
    const { retain, duplicate } = NO_OPTIONS
    template.appendAliased(gathered.out, qos, retain, duplicate, packetId, subscriptionIdentifiers, alias, aliasing)
    return gathered.take()
  }

  it('stands beside the topic that sets it and in the place of the topic afterwards, for each receiver its own', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<QoS>(0, 1, 2),
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom(Buffer.alloc(0), userA, Buffer.concat([userA, userB])),
        fc.constantFrom(-1, 60),
        fc.constantFrom<readonly number[]>([], [1], [7, 300]),
        (qos, content, propertiesOfMessage, expirySeconds, subscriptionIdentifiers) => {
          const [template, gathered] = [new PublishTemplate(), new GatheredBytes()]
          template.fromParts(topic, parts(Buffer.from(content), propertiesOfMessage), expirySeconds)
          for (const [alias, aliasing] of [
            [1, 'sets'],
            [1, 'uses'],
            [513, 'uses'],
            [7, 'uses'],
            [65_535, 'sets'],
          ] as const) {
            const packetId = qos === 0 ? 0 : alias
            const receiver = { version: 5, qos, packetId, subscriptionIdentifiers, ...NO_OPTIONS } as const
            const [whole] = decodedByOracle(append(template, gathered, receiver), 5)
            const bytes = aliased(template, gathered, receiver, alias, aliasing)
            const [decoded] = decodedByOracle(bytes, 5)
            assert.ok(whole?.cmd === 'publish' && decoded?.cmd === 'publish')
            assert.equal(decoded.topic, aliasing === 'sets' ? topicName : '')
            assert.equal(decoded.messageId, whole.messageId)
            assert.deepEqual(decoded.payload, whole.payload)
            assert.deepEqual({ ...decoded.properties }, { ...whole.properties, topicAlias: alias })
          }
        },
      ),
    )
  })
})
