import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RecordReader } from '../../../src/core/record-reader.ts'

function record(content: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** Reads a stream in pieces of these sizes, again and again. */
function readInPieces(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const records: Buffer[] = []
  const reader = new RecordReader(100_000, (bytes, start, end) => {
    records.push(Buffer.from(bytes.subarray(start, end)))
  })
  for (let offset = 0, i = 0; offset < stream.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    reader.push(stream.subarray(offset, offset + size))
    offset += size
  }
  return records
}

describe('RecordReader', () => {
  it('finds the same records however the stream is chopped', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array)))
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 })
    fc.assert(
      fc.property(contents, sizes, (records, pieces) => {
        const stream = Buffer.concat(records.map(record))
        assert.deepEqual(readInPieces(stream, pieces), records)
        assert.deepEqual(readInPieces(stream, [1]), records)
      }),
    )
  })

  it('gathers a record that is much longer than its pieces', () => {
    const long = Buffer.from(Array.from({ length: 90_000 }, (_, i) => i % 251))
    const short = Buffer.from('short')
    assert.deepEqual(readInPieces(Buffer.concat([long, short, long, short].map(record)), [1, 700, 3]), [
      long,
      short,
      long,
      short,
    ])
  })

  it('refuses a record longer than allowed once its length is there, whole or in pieces', () => {
    const reader = new RecordReader(10, () => {})
    assert.throws(() => reader.push(record(Buffer.alloc(11))), { code: 'BUS_PROTOCOL', message: /11 bytes/ })
    const slowly = new RecordReader(10, () => {})
    for (const byte of [0xff, 0, 0]) slowly.push(Buffer.from([byte]))
    assert.throws(() => slowly.push(Buffer.from([0])), { code: 'BUS_PROTOCOL' })
  })

  it('accepts longer records from the moment that it is told to', () => {
    const lengths: number[] = []
    const reader = new RecordReader(1, (_, start, end) => {
      lengths.push(end - start)
      reader.bytesMax = 100
    })
    reader.push(Buffer.concat([record(Buffer.alloc(1)), record(Buffer.alloc(100))]))
    assert.deepEqual(lengths, [1, 100])
  })

  it('hands nothing over once it was stopped, not even from the bytes it is working on', () => {
    let records = 0
    const reader = new RecordReader(100, () => {
      records++
      reader.stop()
    })
    const one = record(Buffer.from('one'))
    reader.push(one.subarray(0, 2))
    reader.push(Buffer.concat([one.subarray(2), one, one]))
    reader.push(one)
    assert.equal(records, 1)
  })
})
