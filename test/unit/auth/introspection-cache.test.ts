import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IntrospectionCache } from '../../../src/auth/introspection-cache.ts'

const answer = { kind: 'inactive' } as const

describe('the cache of introspection answers', () => {
  it('finds an answer while it is fresh or may stand in, and forgets it then', () => {
    const cache = new IntrospectionCache(10)
    cache.keep('fresh', { answer, askedAtMs: 0, freshUntilMs: 10, staleUntilMs: 0 })
    cache.keep('stale', { answer, askedAtMs: 0, freshUntilMs: 5, staleUntilMs: 20 })
    assert.equal(cache.find('fresh', 9)?.answer, answer)
    assert.equal(cache.find('fresh', 10), undefined)
    assert.equal(cache.find('stale', 19)?.answer, answer)
    assert.equal(cache.find('stale', 20), undefined)
    assert.equal(cache.size, 0)
  })

  it('forgets the one not used for the longest time', () => {
    const cache = new IntrospectionCache(2)
    const entry = { answer, askedAtMs: 0, freshUntilMs: 10, staleUntilMs: 0 }
    cache.keep('a', entry)
    cache.keep('b', entry)
    cache.find('a', 0)
    cache.keep('c', entry)
    assert.equal(cache.find('b', 0), undefined)
    assert.ok(cache.find('a', 0) !== undefined && cache.find('c', 0) !== undefined)
  })
})
