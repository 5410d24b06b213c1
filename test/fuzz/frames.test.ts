import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FRAME_BYTES_MAX, FrameDecoder, FrameEncoder } from '../../src/bus/frame-codec.ts'
import type { LinkFrame } from '../../src/bus/frame-bodies.ts'
import { BrokerError } from '../../src/core/errors.ts'
import { Message } from '../../src/core/message.ts'
import { RecordReader } from '../../src/core/record-reader.ts'
import { everyKind } from '../support/frame-catalogue.ts'
import { keptFrame } from '../support/kept-frame.ts'

/** fast-check's records have no prototype, which `deepEqual` would count. */
function plain<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

const text = fc.string({ unit: 'binary', maxLength: 40 })
const bytes = fc.uint8Array({ maxLength: 200 }).map(content => Buffer.from(content))
const counts = fc.nat(0xffff_ffff)

const message: fc.Arbitrary<Message> = fc
  .record({
    topicName: text,
    payload: bytes,
    properties: bytes,
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    expiresAtMs: fc.nat(Number.MAX_SAFE_INTEGER),
    publisher: text,
  })
  .map(fields => new Message(fields))

const frame: fc.Arbitrary<LinkFrame> = fc.oneof(
  plain({
    kind: fc.constant('deliver'),
    message,
    ordinary: fc.boolean(),
    sharedFilters: fc.array(text, { maxLength: 5 }),
  }),
  plain({
    kind: fc.constant('routes'),
    sequence: counts,
    changes: fc.array(plain({ topicFilter: text, subscribers: counts, persistent: counts }), { maxLength: 8 }),
  }),
  plain({ kind: fc.constant('routes-known'), sequence: counts }),
  plain({ kind: fc.constant('wake'), clientIds: fc.array(text, { maxLength: 8 }) }),
  plain({ kind: fc.constant('yielded'), clientId: text, epoch: counts }),
  fc.constantFrom(...everyKind),
)

/** All frames as one stream. */
function streamOf(frames: readonly LinkFrame[]): Buffer {
  const encoder = new FrameEncoder()
  return Buffer.concat(frames.map(each => Buffer.from(encoder.encode(each))))
}

function decoded(stream: Buffer, ends: readonly number[]): readonly LinkFrame[] {
  const frames: LinkFrame[] = []
  const decoder = new FrameDecoder()
  const reader = new RecordReader(FRAME_BYTES_MAX, (record, start, end) => {
    const received = decoder.decode(record, start, end)
    frames.push(received.kind === 'hello' ? received : keptFrame(received))
  })
  let start = 0
  for (const end of [...ends.toSorted((a, b) => a - b), stream.length]) {
    reader.push(stream.subarray(start, end))
    start = end
  }
  return frames
}

describe('frames between workers', () => {
  it('mean after the way what they meant before, however the stream is chopped', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat()), (frames, cuts) => {
        const stream = streamOf(frames)
        assert.deepEqual(
          decoded(
            stream,
            cuts.map(cut => cut % (stream.length + 1)),
          ),
          frames,
        )
      }),
    )
  })

  it('that were damaged are an error of the bus, and nothing else is thrown', () => {
    fc.assert(
      fc.property(frame, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1 }), (original, changes) => {
        const stream = streamOf([original])
        const body = Buffer.from(stream.subarray(4))
        for (const [at, value] of changes) body[at % body.length] = value
        try {
          new FrameDecoder().decode(body, 0, body.length)
        } catch (error) {
          assert.ok(error instanceof BrokerError && error.code === 'BUS_PROTOCOL', String(error))
        }
      }),
      { numRuns: 2000 },
    )
  })
})
