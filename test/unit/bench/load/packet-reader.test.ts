import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { PacketReader } from '../../../../bench/load/packet-reader.ts'

interface SeenPacket {
  readonly firstByte: number
  readonly body: string
}

function readerInto(seen: SeenPacket[]): PacketReader {
  return new PacketReader({
    packet: (firstByte, bytes, start, end) =>
      seen.push({ firstByte, body: Buffer.from(bytes.slice(start, end)).toString('hex') }),
  })
}

function encoded(firstByte: number, body: Buffer): Buffer {
  const length: number[] = []
  let rest = body.length
  do {
    length.push(rest >= 128 ? (rest & 127) | 128 : rest)
    rest >>= 7
  } while (rest > 0)
  return Buffer.concat([Buffer.of(firstByte, ...length), body])
}

describe('PacketReader', () => {
  it('finds the same packets however the stream is cut', () => {
    const packet = fc.record({
      firstByte: fc.nat(255),
      body: fc.oneof(fc.nat(4), fc.nat(200), fc.constant(20_000)).map(length => Buffer.alloc(length, 7)),
    })
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (packets, cuts) => {
          const stream = Buffer.concat(packets.map(({ firstByte, body }) => encoded(firstByte, body)))
          const seen: SeenPacket[] = []
          const reader = readerInto(seen)
          // One buffer for all reads, as sockets have it: what was not kept is overwritten.
          const shared = Buffer.alloc(302)
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const length = Math.min(cuts[turn % cuts.length] ?? 1, stream.length - at)
            shared.fill(0xee)
            stream.copy(shared, 2, at, at + length)
            reader.push(shared, 2, 2 + length)
            at += length
          }
          assert.deepEqual(
            seen,
            packets.map(({ firstByte, body }) => ({ firstByte, body: body.toString('hex') })),
          )
        },
      ),
    )
  })

  it('refuses a remaining length of more than four bytes', () => {
    const reader = readerInto([])
    assert.throws(() => reader.push(Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x01), 0, 6), /malformed/)
  })

  it('refuses to gather a packet larger than any scenario sends', () => {
    const reader = readerInto([])
    reader.push(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f), 0, 5)
    assert.throws(() => reader.push(Buffer.of(1), 0, 1), /more than/)
  })
})
