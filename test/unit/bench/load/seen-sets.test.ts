import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeenSets } from '../../../../bench/load/seen-sets.ts'

describe('SeenSets', () => {
  it('counts per subscriber what came once, more than once, and not at all', () => {
    const seen = new SeenSets(2, 3)
    for (const message of [2, 0, 2]) seen.record(0, message)
    seen.record(1, 0)
    assert.deepEqual([seen.fresh, seen.doubled, seen.lost], [3, 1, 3])
  })
})
