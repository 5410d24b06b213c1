import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HeldInput } from '../../../src/transport/held-input.ts'

describe('HeldInput', () => {
  it('holds whatever fits below the bound, in order, and nothing that does not', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 30_000 }), { maxLength: 12 })
    const property = fc.property(pieces, fc.integer({ min: 1, max: 200_000 }), (list, bytesMax) => {
      const held = new HeldInput(bytesMax)
      let expected = Buffer.alloc(0)
      for (const piece of list) {
        const fits = expected.length + piece.length <= bytesMax
        assert.equal(held.append(Buffer.from(piece)), fits)
        if (fits) expected = Buffer.concat([expected, piece])
        assert.ok(held.bytes.equals(expected))
      }
    })
    fc.assert(property, { seed: 20260214 })
  })
})
