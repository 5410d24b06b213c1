import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from '../../../src/core/byte-codec.ts'
import { Message, type MessageFields } from '../../../src/core/message.ts'
import {
  MessageRunWriter,
  messageSize,
  readMessage,
  readMessageInto,
  readSubscription,
  writeMessage,
  writeSubscription,
} from '../../../src/core/message-codec.ts'
import { KnownStrings } from '../../../src/core/known-strings.ts'
import { ReceivedMessage } from '../../../src/core/received-message.ts'
import type { Subscription } from '../../../src/core/subscription.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 100, maxLength: 300 }))
const bytes = fc.uint8Array({ maxLength: 500 }).map(array => Buffer.from(array))
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const)

const messageFields: fc.Arbitrary<MessageFields> = fc.record({
  topicName: text,
  payload: bytes,
  properties: bytes,
  qos,
  retain: fc.boolean(),
  expiresAtMs: fc.oneof(fc.constant(0), fc.nat(), fc.double({ noNaN: true, min: 1 })),
  publisher: text,
})
const messages = messageFields.map(fields => new Message(fields))

const subscriptions: fc.Arbitrary<Subscription> = fc.record(
  {
    topicFilter: text,
    qos,
    noLocal: fc.boolean(),
    retainAsPublished: fc.boolean(),
    retainHandling: qos,
    subscriptionIdentifier: fc.nat(268_435_455),
  },
  { noNullPrototype: true },
)

function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter().start()
  write(writer)
  return Buffer.from(writer.buffer.subarray(0, writer.offset))
}

function readAll<Value>(buffer: Buffer, read: (reader: ByteReader) => Value): Value {
  const reader = new ByteReader().over(buffer, 0, buffer.length)
  const value = read(reader)
  reader.finish()
  return value
}

describe('message codec', () => {
  it('reads every message as it was written, in the bytes that were announced', () => {
    fc.assert(
      fc.property(messages, message => {
        const buffer = written(writer => writeMessage(writer, message))
        assert.equal(buffer.length, messageSize(message))
        assert.deepEqual(readAll(buffer, readMessage), message)
      }),
    )
  })

  it('reads every subscription as it was written', () => {
    fc.assert(
      fc.property(subscriptions, subscription => {
        const buffer = written(writer => writeSubscription(writer, subscription))
        assert.deepEqual(readAll(buffer, readSubscription), subscription)
      }),
    )
  })

  it('writes a run of messages in the same bytes as one by one, in the size that was announced', () => {
    const few = fc.constantFrom('', 'a/b', 'zwölf/grad', 'long/'.repeat(60))
    const run = fc.array(fc.tuple(messageFields, few, few), { maxLength: 20 })
    const runs = new MessageRunWriter()
    fc.assert(
      fc.property(run, drawn => {
        for (const [fields, topicName, publisher] of drawn) {
          const message = new Message({ ...fields, topicName, publisher })
          const size = runs.size(message)
          const buffer = written(writer => runs.write(writer, message))
          assert.equal(buffer.length, size)
          assert.deepEqual(
            buffer,
            written(writer => writeMessage(writer, message)),
          )
        }
      }),
    )
  })

  it('writes into the middle of a buffer without touching what is around', () => {
    fc.assert(
      fc.property(messages, message => {
        const size = messageSize(message)
        const buffer = Buffer.alloc(size + 20, 0xee)
        writeMessage(new ByteWriter().into(buffer, 10), message)
        assert.deepEqual(buffer.subarray(0, 10), Buffer.alloc(10, 0xee))
        assert.deepEqual(buffer.subarray(10 + size), Buffer.alloc(10, 0xee))
        assert.deepEqual(readMessage(new ByteReader().over(buffer, 10, 10 + size)), message)
      }),
    )
  })

  it('reads a message where it lies, one after the other into one view, which is written and kept like the message', () => {
    const view = new ReceivedMessage()
    const known = new KnownStrings()
    fc.assert(
      fc.property(messages, message => {
        const buffer = written(writer => writeMessage(writer, message))
        const again = readAll(buffer, reader => {
          readMessageInto(view, reader, known)
          assert.equal(messageSize(view), buffer.length)
          return written(writer => writeMessage(writer, view))
        })
        assert.deepEqual(again, buffer)
        const kept = view.kept()
        buffer.fill(0)
        assert.deepEqual(kept, message)
      }),
    )
  })

  it('gives a message a payload of its own', () => {
    const message = new Message({
      topicName: 't',
      payload: Buffer.from('abc'),
      properties: Buffer.from([1]),
      qos: 0,
      retain: false,
      expiresAtMs: 0,
      publisher: '',
    })
    const buffer = written(writer => writeMessage(writer, message))
    const read = readAll(buffer, readMessage)
    buffer.fill(0)
    assert.equal(read.payload.toString(), 'abc')
    assert.deepEqual(read.properties, Buffer.from([1]))
  })

  it('answers bytes that were cut short or changed with an error of its own, or with a message, and never with another error', () => {
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), fc.nat(), (message, position, value, end) => {
        const buffer = written(writer => writeMessage(writer, message))
        buffer[position % buffer.length] = value
        const part = buffer.subarray(0, end % (buffer.length + 1))
        try {
          readAll(part, readMessage)
        } catch (error) {
          assert(error instanceof Error && 'code' in error && error.code === 'BUS_PROTOCOL', String(error))
        }
      }),
    )
  })

  const malformed: readonly (readonly [string, readonly number[]])[] = [
    ['no bytes', []],
    ['unknown flags', [0x40, 1, 97, 0]],
    ['a QoS of 3', [0x03, 1, 97, 0]],
    ['a topic that ends after the bytes', [0x00, 5, 97]],
    ['a length past all bounds', [0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['bytes left over', [0x00, 1, 97, 0, 0]],
  ]
  for (const [what, content] of malformed) {
    it(`refuses a message with ${what}`, () => {
      assert.throws(() => readAll(Buffer.from(content), readMessage), { code: 'BUS_PROTOCOL' })
    })
  }

  it('refuses a subscription with a QoS or a Retain Handling of 3, or unknown flags', () => {
    for (const flags of [0x03, 0x30, 0x40]) {
      assert.throws(() => readAll(Buffer.from([flags, 1, 97, 0]), readSubscription), { code: 'BUS_PROTOCOL' })
    }
  })
})
