import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { coresFor, descriptorsMax } from '../../../../bench/measure/cores.ts'

describe('coresFor', () => {
  it('gives the broker one core for each worker and the generator the others', () => {
    assert.deepEqual(coresFor(1, 2), { broker: '0', loader: '1' })
    assert.deepEqual(coresFor(2, 8), { broker: '0-1', loader: '2-7' })
  })

  it('gives both all cores where none would be left for the generator', () => {
    assert.deepEqual(coresFor(2, 2), { broker: undefined, loader: undefined })
    assert.deepEqual(coresFor(1, 1), { broker: undefined, loader: undefined })
  })
})

describe('descriptorsMax', () => {
  it('is what this process may open', () => {
    assert.ok(descriptorsMax() >= 256)
  })
})
