import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnknownKids } from '../../../src/auth/unknown-kids.ts'

describe('unknown kids', () => {
  it('are remembered for half a minute', () => {
    const kids = new UnknownKids()
    kids.add('a', 0)
    assert.equal(kids.has('a', 29_999), true)
    assert.equal(kids.has('a', 30_000), false)
    assert.equal(kids.has('b', 0), false)
  })

  it('are a thousand or so at most, the oldest going first', () => {
    const kids = new UnknownKids()
    for (let i = 0; i < 1_025; i++) kids.add(`k${i}`, i)
    assert.equal(kids.has('k0', 1_025), false)
    assert.equal(kids.has('k1', 1_025), true)
    assert.equal(kids.has('k1024', 1_025), true)
  })
})
