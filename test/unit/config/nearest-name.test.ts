import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { editDistance, nearestName } from '../../../src/config/nearest-name.ts'

describe('nearestName', () => {
  it('finds the name that was meant', () => {
    assert.equal(nearestName('strat', ['start', 'dev', 'help']), 'start')
    assert.equal(nearestName('X_WORKER', ['X_WORKERS', 'X_WS_PORT'], 'X_'), 'X_WORKERS')
  })

  it('finds nothing where more than half of the name would have to change', () => {
    assert.equal(nearestName('X_REDIS', ['X_WORKERS', 'X_WS_PORT'], 'X_'), undefined)
    assert.equal(nearestName('anything', []), undefined)
  })

  it('does not count the common prefix', () => {
    assert.equal(nearestName('LONG_PREFIX_AB', ['LONG_PREFIX_CD'], 'LONG_PREFIX_'), undefined)
  })
})

describe('editDistance', () => {
  it('is that of the textbook', () => {
    assert.equal(editDistance('kitten', 'sitting'), 3)
    assert.equal(editDistance('', 'abc'), 3)
  })

  it('is a metric', () => {
    const word = fc.string({ maxLength: 12 })
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        assert.equal(editDistance(a, b), editDistance(b, a))
        assert.equal(editDistance(a, b) === 0, a === b)
        assert.ok(editDistance(a, c) <= editDistance(a, b) + editDistance(b, c))
      }),
    )
  })
})
