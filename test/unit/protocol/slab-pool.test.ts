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

  it('gives more than a slab where more is asked for, and gives it out again to whoever needs as much', () => {
    const pool = new SlabPool()
    const large = pool.take(100_000)
    assert.ok(large.length >= 100_000 && large.length < 100_000 + pool.take(1).length)
    pool.give(large)
    assert.ok(pool.take(1).length < 100_000)
    assert.notEqual(pool.take(200_000), large)
    assert.equal(pool.take(large.length), large)
    assert.notEqual(pool.take(large.length), large)
  })

  it('keeps idle large slabs up to 16 MiB together, and none of more than 1 MiB', () => {
    const pool = new SlabPool()
    const mebibyte = 1024 * 1024
    const larger = pool.take(mebibyte + 1)
    assert.equal(larger.length, mebibyte + 1)
    pool.give(larger)
    assert.notEqual(pool.take(larger.length), larger)
    const slabs = Array.from({ length: 17 }, () => pool.take(mebibyte))
    for (const slab of slabs) pool.give(slab)
    const known = new Set(slabs)
    const again = Array.from({ length: 17 }, () => pool.take(mebibyte)).filter(slab => known.has(slab))
    assert.equal(again.length, 16)
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
