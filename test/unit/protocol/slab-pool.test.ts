import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SlabPool } from '../../../src/protocol/slab-pool.ts'

describe('SlabPool', () => {
  it('gives a slab out again that came back', () => {
    const pool = new SlabPool()
    const slab = pool.take(1)
    assert.notEqual(pool.take(1), slab)
    pool.give(slab)
    assert.equal(pool.take(slab.length), slab)
    assert.notEqual(pool.take(1), slab)
  })

  it('gives more than a slab where more is asked for, and does not keep it', () => {
    const pool = new SlabPool()
    const large = pool.take(100_000)
    assert.equal(large.length, 100_000)
    pool.give(large)
    assert.notEqual(pool.take(100_000), large)
    assert.ok(pool.take(1).length < 100_000)
  })

  it('keeps 1,024 idle slabs and no more', () => {
    const pool = new SlabPool()
    const slabs = Array.from({ length: 1025 }, () => pool.take(1))
    for (const slab of slabs) pool.give(slab)
    const known = new Set(slabs)
    const again = Array.from({ length: 1025 }, () => pool.take(1)).filter(slab => known.has(slab))
    assert.equal(again.length, 1024)
  })
})
