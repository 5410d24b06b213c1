import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EncodedText } from '../../../src/core/encoded-text.ts'

describe('EncodedText', () => {
  it('has the bytes of every string, the first time and again', () => {
    const encoded = new EncodedText()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        assert.deepEqual(encoded.of(text), Buffer.from(text))
        assert.deepEqual(encoded.of(text), Buffer.from(text))
      }),
    )
  })

  it('encodes a run of the same string once', () => {
    const encoded = new EncodedText()
    const bytes = encoded.of('sensors/7')
    assert.equal(encoded.of(['sensors', '7'].join('/')), bytes)
    assert.notEqual(encoded.of('sensors/8'), bytes)
  })
})
