import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameReader } from '../../../../bench/load/websocket-frames.ts'

function serverFrame(opcode: number, payload: Buffer): Buffer {
  const length = payload.length
  if (length < 126) return Buffer.concat([Buffer.of(0x80 | opcode, length), payload])
  const header = Buffer.alloc(length < 65_536 ? 4 : 10)
  header.set([0x80 | opcode, length < 65_536 ? 126 : 127])
  if (length < 65_536) header.writeUInt16BE(length, 2)
  else header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}

function readAll(stream: Buffer, cut: number): { payload: Buffer; closed: boolean } {
  const parts: Buffer[] = []
  let closed = false
  const reader = new FrameReader({
    payload: (bytes, start, end) => parts.push(Buffer.from(bytes.slice(start, end))),
    closed: () => {
      closed = true
    },
  })
  for (let at = 0; at < stream.length; at += cut) reader.push(stream, at, Math.min(at + cut, stream.length))
  return { payload: Buffer.concat(parts), closed }
}

describe('FrameReader', () => {
  it('joins the payloads of data frames however the stream is cut, and leaves pings out', () => {
    const frame = fc.record({ opcode: fc.constantFrom(0, 2, 9), length: fc.constantFrom(0, 1, 125, 126, 70_000) })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.integer({ min: 1, max: 5_000 }), (frames, cut) => {
        const sent = frames.map(({ opcode, length }, index) => ({ opcode, payload: Buffer.alloc(length, index + 1) }))
        const stream = Buffer.concat(sent.map(({ opcode, payload }) => serverFrame(opcode, payload)))
        const data = Buffer.concat(sent.filter(({ opcode }) => opcode !== 9).map(({ payload }) => payload))
        assert.deepEqual(readAll(stream, cut).payload, data)
      }),
      { numRuns: 50 },
    )
  })

  it('says when the broker closes', () => {
    assert.equal(readAll(serverFrame(8, Buffer.of(3, 232)), 1).closed, true)
  })
})
