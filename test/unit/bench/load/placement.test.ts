import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { candidatesFor, chooseEnds } from '../../../../bench/load/placement.ts'

const owners = [7, 8, 8, undefined, 7, 8, 7, 7, 8]

describe('chooseEnds', () => {
  it('puts the ends of each pair on different workers, in both directions, and uses nobody twice', () => {
    const ends = chooseEnds(owners, 4, 'crossing')
    for (const { publisher, subscriber } of ends) assert.notEqual(owners[publisher], owners[subscriber])
    assert.deepEqual(new Set(ends.map(({ publisher }) => owners[publisher])), new Set([7, 8]))
    assert.equal(new Set(ends.flatMap(({ publisher, subscriber }) => [publisher, subscriber])).size, 8)
  })

  it('puts the ends of each pair on the same worker', () => {
    const ends = chooseEnds(owners, 4, 'local')
    for (const { publisher, subscriber } of ends) assert.equal(owners[publisher], owners[subscriber])
    assert.deepEqual(new Set(ends.map(({ publisher }) => owners[publisher])), new Set([7, 8]))
  })

  it('says when one worker has too few', () => {
    assert.throws(() => chooseEnds([7, 7, 7, 7, 8], 2, 'crossing'), /too unevenly/)
    assert.throws(() => chooseEnds([7, 7, 7, 7], 1, 'crossing'), /too unevenly/)
  })
})

describe('candidatesFor', () => {
  it('leaves each of two workers five standard deviations above what the pairs need', () => {
    for (const pairs of [1, 8, 50, 500]) {
      const candidates = candidatesFor(pairs)
      assert.ok(candidates / 2 - 5 * Math.sqrt(candidates / 4) >= pairs, `${pairs} pairs, ${candidates} candidates`)
    }
  })
})
