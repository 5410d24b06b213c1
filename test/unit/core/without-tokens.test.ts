import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withoutTokens } from '../../../src/core/without-tokens.ts'

describe('withoutTokens', () => {
  it('replaces every JWT in a text, signed or not, and cut off', () => {
    assert.equal(withoutTokens('a eyJhbGci.eyJzdWIi.c2ln b eyJhbGci.eyJzdWIi. c'), 'a [redacted] b [redacted] c')
    assert.equal(withoutTokens('cut eyJhbGci.eyJzd'), 'cut [redacted]')
  })

  it('finds a JWT that something is glued to', () => {
    assert.equal(withoutTokens('deviceeyJhbGci.eyJzdWIi.c2ln'), 'device[redacted]')
    assert.equal(withoutTokens('a_eyJhbGci.eyJzdWIi.c2ln'), 'a_[redacted]')
  })

  it('leaves other text alone', () => {
    assert.equal(withoutTokens('grey eyJ and eyes.of.beholders'), 'grey eyJ and eyes.of.beholders')
  })
})
