import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { median, spread } from '../../../../bench/measure/statistics.ts'

describe('median', () => {
  it('is the middle one, or lies between the two in the middle', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([1, 9, 4, 6]), 5)
    assert.equal(median([]), undefined)
  })
})

describe('spread', () => {
  it('leaves out what is not known', () => {
    assert.deepEqual(spread([3, undefined, 1]), { median: 2, lowest: 1, highest: 3 })
    assert.equal(spread([undefined]), undefined)
  })
})
