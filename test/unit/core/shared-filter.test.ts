import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sharedFilterOf } from '../../../src/core/shared-filter.ts'

describe('sharedFilterOf', () => {
  it('takes the filter of a Shared Subscription apart', () => {
    assert.deepEqual(sharedFilterOf('$share/consumers/sport/+/#'), {
      shareName: 'consumers',
      topicFilter: 'sport/+/#',
    })
  })

  it('is undefined for an ordinary filter', () => {
    for (const topicFilter of ['sport/#', '$SYS/#', '$sharing/x', '#'])
      assert.equal(sharedFilterOf(topicFilter), undefined)
  })

  it('a filter that should never have been granted is a fault of the caller', () => {
    assert.throws(() => sharedFilterOf('$share/consumers'), /a filter that was granted is valid/)
  })
})
