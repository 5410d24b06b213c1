import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter, prefixedSize, varuintSize } from '../../../src/core/byte-codec.ts'

describe('byte codec', () => {
  it('reads whole numbers as they were written, in the bytes that were announced', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat(300)), value => {
        const writer = new ByteWriter().start()
        writer.varuint(value)
        assert.equal(writer.offset, varuintSize(value))
        assert.equal(new ByteReader().over(writer.buffer, 0, writer.offset).varuint(), value)
      }),
    )
  })

  it('refuses to write what is not a whole number', () => {
    const writer = new ByteWriter().start()
    for (const value of [-1, 1.5, Number.NaN, Infinity, 2 ** 53]) assert.throws(() => writer.varuint(value), RangeError)
  })

  it('refuses to read a number past 2^53, or one that does not end', () => {
    for (const content of [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Array.from({ length: 12 }, () => 0x80)]) {
      const buffer = Buffer.from(content)
      assert.throws(() => new ByteReader().over(buffer, 0, buffer.length).varuint(), { code: 'BUS_PROTOCOL' })
    }
  })

  it('keeps every kind of number and text', () => {
    const writer = new ByteWriter().start()
    const texts = ['', 'a', 'é', 'x'.repeat(48), 'x'.repeat(49), `${'x'.repeat(47)}é`, '漢'.repeat(5000), '😀']
    for (const text of texts) writer.string(text)
    for (const value of [0, -1.5, Infinity, -Infinity]) writer.f64(value)
    writer.u32(0xffffffff)
    writer.boolean(true)
    const reader = new ByteReader().over(writer.buffer, 0, writer.offset)
    for (const text of texts) assert.equal(reader.string(), text)
    for (const value of [0, -1.5, Infinity, -Infinity]) assert.equal(reader.f64(), value)
    assert.equal(reader.u32(), 0xffffffff)
    assert.equal(reader.boolean(), true)
    reader.finish()
  })

  it('knows the size of a text before it is written', () => {
    for (const text of ['', 'abc', 'é'.repeat(100), 'x'.repeat(20_000)]) {
      const writer = new ByteWriter().start()
      writer.string(text)
      assert.equal(writer.offset, prefixedSize(Buffer.byteLength(text)))
    }
  })

  it('grows with what is written, and starts small again after something huge', () => {
    const writer = new ByteWriter().start()
    const large = Buffer.alloc(3_000_000, 7)
    writer.bytes(large)
    assert.deepEqual(new ByteReader().over(writer.buffer, 0, writer.offset).bytes(), large)
    writer.start()
    assert(writer.buffer.length < 1_000_000)
  })

  it('refuses a list that is longer than its bytes before it reads any of it', () => {
    const buffer = Buffer.from([0xff, 0xff, 0xff, 0x7f, 0, 0])
    let reads = 0
    assert.throws(() => new ByteReader().over(buffer, 0, buffer.length).list(() => reads++), { code: 'BUS_PROTOCOL' })
    assert.equal(reads, 0)
  })

  it('refuses a truth value other than 0 and 1', () => {
    assert.throws(() => new ByteReader().over(Buffer.from([2]), 0, 1).boolean(), { code: 'BUS_PROTOCOL' })
  })
})
