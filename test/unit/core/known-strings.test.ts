import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { KnownStrings } from '../../../src/core/known-strings.ts'

function decode(known: KnownStrings, bytes: Buffer): string {
  const around = Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')])
  return known.decode(around, 1, around.length - 1)
}

describe('KnownStrings', () => {
  it('decodes every string as the runtime does, the first time and again', () => {
    const known = new KnownStrings()
    const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ minLength: 120, maxLength: 140 }))
    fc.assert(
      fc.property(text, value => {
        const bytes = Buffer.from(value)
        assert.equal(decode(known, bytes), bytes.toString())
        assert.equal(decode(known, bytes), bytes.toString())
      }),
    )
  })

  it('tells far more strings apart than it remembers', () => {
    const known = new KnownStrings()
    const names = Array.from({ length: 5000 }, (_, number) => `device/${number}/temperature`)
    for (const name of [...names, ...names]) assert.equal(decode(known, Buffer.from(name)), name)
  })

  it('keeps bytes of its own', () => {
    const known = new KnownStrings()
    const bytes = Buffer.from('a/b')
    assert.equal(known.decode(bytes, 0, 3), 'a/b')
    bytes.write('a/c')
    assert.equal(known.decode(bytes, 0, 3), 'a/c')
    assert.equal(known.decode(Buffer.from('a/b'), 0, 3), 'a/b')
  })

  it('decodes bytes that are not UTF-8 as the runtime does', () => {
    const known = new KnownStrings()
    const bytes = Buffer.from([0x61, 0xff, 0x62])
    for (const _ of [1, 2]) assert.equal(decode(known, bytes), 'a\ufffdb')
  })
})
