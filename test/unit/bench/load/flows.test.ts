import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Flows } from '../../../../bench/load/flows.ts'

describe('Flows', () => {
  it('finds nothing wrong with what arrives once and in order', () => {
    const flows = new Flows(2)
    for (let sequence = 0; sequence < 100; sequence += 1) {
      assert.equal(flows.record(0, sequence), true)
      assert.equal(flows.record(1, sequence), true)
    }
    assert.deepEqual([flows.lost(0, 100), flows.lost(1, 100), flows.doubled, flows.reordered], [0, 0, 0, 0])
  })

  it('counts what is missing before, between and after the arrivals as lost', () => {
    const flows = new Flows(1)
    for (const sequence of [2, 3, 7]) flows.record(0, sequence)
    assert.equal(flows.lost(0, 10), 7)
  })

  it('counts a late arrival as reordered and no longer as lost', () => {
    const flows = new Flows(1)
    for (const sequence of [0, 2, 1]) assert.equal(flows.record(0, sequence), true)
    assert.deepEqual([flows.lost(0, 3), flows.reordered, flows.doubled], [0, 1, 0])
  })

  it('counts a second arrival as doubled and does not take it for fresh', () => {
    const flows = new Flows(1)
    flows.record(0, 0)
    flows.record(0, 1)
    assert.equal(flows.record(0, 0), false)
    assert.deepEqual([flows.lost(0, 2), flows.doubled, flows.reordered], [0, 1, 0])
  })

  it('takes a number older than its memory for one of the missing, as long as some are', () => {
    const flows = new Flows(1)
    flows.record(0, 1)
    flows.record(0, 500)
    assert.equal(flows.record(0, 0), true)
    assert.deepEqual([flows.reordered, flows.lost(0, 501)], [1, 498])
  })

  it('agrees with a set of all arrivals when they stay within its memory', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(31), { maxLength: 80 }), sequences => {
        const flows = new Flows(1)
        const seen = new Set<number>()
        let newest = -1
        let [doubled, reordered] = [0, 0]
        for (const sequence of sequences) {
          if (seen.has(sequence)) doubled += 1
          else if (sequence < newest) reordered += 1
          assert.equal(flows.record(0, sequence), !seen.has(sequence))
          seen.add(sequence)
          newest = Math.max(newest, sequence)
        }
        assert.deepEqual([flows.doubled, flows.reordered, flows.lost(0, 32)], [doubled, reordered, 32 - seen.size])
      }),
    )
  })
})
