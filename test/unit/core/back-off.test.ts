import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BackOff } from '../../../src/core/back-off.ts'

describe('BackOff', () => {
  it('doubles up to the longest delay and starts again after a success', () => {
    const backOff = new BackOff(10, 50)
    assert.deepEqual(
      Array.from({ length: 5 }, () => backOff.nextDelayMs()),
      [10, 20, 40, 50, 50],
    )
    backOff.reset()
    assert.equal(backOff.nextDelayMs(), 10)
  })
})
