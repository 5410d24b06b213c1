import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { refusalReference } from '../../../src/auth/refusal-reference.ts'
import { FakeRandom } from '../../support/fake-clock.ts'

describe('refusalReference', () => {
  it('is short and has no letter that is read for another', () => {
    const random = new FakeRandom(7)
    for (let i = 0; i < 200; i += 1)
      assert.match(refusalReference(random), /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$/)
  })

  it('uses all of its digits for randomness', () => {
    const random = new FakeRandom(7)
    const references = Array.from({ length: 2000 }, () => refusalReference(random))
    assert.equal(new Set(references).size, references.length)
    for (const place of [0, 1, 2, 3, 5, 6]) {
      assert.equal(new Set(references.map(reference => reference[place])).size, 32)
    }
  })
})
