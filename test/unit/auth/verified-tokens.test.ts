import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VerifiedTokens } from '../../../src/auth/verified-tokens.ts'

const entry = (untilMs: number) => ({ claims: { sub: 'a' }, keyId: 'k', untilMs })

describe('verified tokens', () => {
  it('are remembered until their end', () => {
    const tokens = new VerifiedTokens(10)
    tokens.remember('a', entry(1000))
    assert.deepEqual(tokens.find('a', 999), entry(1000))
    assert.equal(tokens.find('a', 1000), undefined)
    assert.equal(tokens.size, 0)
  })

  it('are bounded, and the one not used for the longest time goes', () => {
    const tokens = new VerifiedTokens(2)
    tokens.remember('a', entry(1000))
    tokens.remember('b', entry(1000))
    tokens.find('a', 0)
    tokens.remember('c', entry(1000))
    assert.equal(tokens.size, 2)
    assert.equal(tokens.find('b', 0), undefined)
    assert.ok(tokens.find('a', 0))
    assert.ok(tokens.find('c', 0))
  })

  it('take one place each, however often they are remembered', () => {
    const tokens = new VerifiedTokens(2)
    tokens.remember('a', entry(1000))
    tokens.remember('b', entry(1000))
    tokens.remember('b', entry(2000))
    assert.ok(tokens.find('a', 0))
    assert.deepEqual(tokens.find('b', 1500), entry(2000))
  })
})
