import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TokenBucket } from '../../../src/core/token-bucket.ts'

describe('a token bucket', () => {
  it('allows a burst and then one for each interval', () => {
    const bucket = new TokenBucket(2, 5000, 0)
    assert.deepEqual(
      [0, 0, 0, 4999, 5000, 5001, 9999, 10_000].map(at => bucket.take(at)),
      [true, true, false, false, true, false, false, true],
    )
  })

  it('saves up no more than the burst, and nothing from a clock set back', () => {
    const bucket = new TokenBucket(2, 5000, 0)
    assert.deepEqual(
      [1e9, 1e9, 1e9, 0, 0].map(at => bucket.take(at)),
      [true, true, false, false, false],
    )
  })

  it('says how long it takes to make up for what was charged above the burst', () => {
    const bucket = new TokenBucket(100, 10, 0)
    assert.deepEqual([bucket.charge(60, 0), bucket.charge(60, 0), bucket.charge(10, 100)], [0, 200, 200])
    assert.equal(bucket.take(300), false)
    assert.equal(bucket.take(310), true)
  })

  it('says what it would allow, and whether all has come back, without counting', () => {
    const bucket = new TokenBucket(1, 5000, 0)
    assert.deepEqual([bucket.allows(0), bucket.allows(0), bucket.full(0)], [true, true, true])
    bucket.take(0)
    assert.deepEqual([bucket.allows(4999), bucket.full(4999)], [false, false])
    assert.deepEqual([bucket.allows(5000), bucket.full(5000)], [true, true])
  })

  it('never allows more than the burst and the intervals that have passed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 200 }), steps => {
        const bucket = new TokenBucket(2, 5000, 0)
        let now = 0
        let taken = 0
        for (const step of steps) {
          now += step
          if (bucket.take(now)) taken++
        }
        assert.ok(taken <= 2 + now / 5000 + 1e-6)
      }),
    )
  })
})
