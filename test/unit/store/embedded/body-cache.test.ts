import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BodyCache } from '../../../../src/store/embedded/body-cache.ts'
import { StoredBody } from '../../../../src/store/embedded/stored-body.ts'
import { message } from '../../../contract/store-contract.ts'

function kept(cache: BodyCache, length: number): StoredBody {
  const body = new StoredBody(length, 0)
  cache.keep(body, message('m'))
  return body
}

describe('BodyCache', () => {
  it('keeps the newest messages within its bytes', () => {
    const cache = new BodyCache(100)
    const bodies = [40, 40, 40, 20].map(length => kept(cache, length))
    assert.deepEqual(
      bodies.map(body => body.message !== undefined),
      [false, true, true, true],
    )
    assert.equal(cache.bytes, 100)
  })

  it('keeps nothing that is larger than all of it', () => {
    const cache = new BodyCache(100)
    const small = kept(cache, 10)
    const large = kept(cache, 101)
    assert.deepEqual([small.message, large.message, cache.bytes], [undefined, undefined, 0])
  })

  it('has room again for each message that is dropped, however long an old one stays', () => {
    const cache = new BodyCache(100)
    const old = kept(cache, 50)
    for (let i = 0; i < 10_000; i++) {
      const body = kept(cache, 50)
      cache.drop(body)
      cache.drop(body)
    }
    assert.notEqual(old.message, undefined)
    assert.equal(cache.bytes, 50)
  })
})
