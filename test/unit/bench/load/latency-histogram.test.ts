import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LatencyHistogram } from '../../../../bench/load/latency-histogram.ts'

const PERCENTILES = [1, 50, 90, 99, 99.9, 100]

describe('LatencyHistogram', () => {
  it('agrees with the sorted values to within a hundredth, never below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000 }), { minLength: 1, maxLength: 300 }), values => {
        const histogram = new LatencyHistogram()
        for (const value of values) histogram.record(value)
        const sorted = values.toSorted((one, other) => one - other)
        for (const percentile of PERCENTILES) {
          const exact = sorted[Math.ceil((percentile / 100) * sorted.length) - 1] ?? 0
          const ours = histogram.percentile(percentile)
          assert.ok(ours >= exact && ours <= exact * 1.01, `percentile ${percentile} of ${exact} is ${ours}`)
        }
      }),
    )
  })

  it('keeps small values and the largest one exactly', () => {
    const histogram = new LatencyHistogram()
    for (const value of [0, 5, 127, 1_234_567]) histogram.record(value)
    assert.deepEqual(
      [25, 50, 75, 100].map(percentile => histogram.percentile(percentile)),
      [0, 5, 127, 1_234_567],
    )
    assert.equal(histogram.max, 1_234_567)
  })

  it('counts a negative value as none and one beyond its range as the largest', () => {
    const histogram = new LatencyHistogram()
    histogram.record(-3)
    histogram.record(1e12)
    assert.deepEqual([histogram.percentile(50), histogram.max], [0, 2 ** 32 - 1])
  })

  it('merges what others counted as if it had counted all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000)), fc.array(fc.nat(1_000_000)), (some, others) => {
        const [one, other, all] = [new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram()]
        for (const value of some) one.record(value)
        for (const value of others) other.record(value)
        for (const value of [...some, ...others]) all.record(value)
        const merged = new LatencyHistogram()
        for (const part of [one, other]) merged.add(part.sparse(), part.max)
        assert.deepEqual([merged.sparse(), merged.total, merged.max], [all.sparse(), all.total, all.max])
      }),
    )
  })
})
