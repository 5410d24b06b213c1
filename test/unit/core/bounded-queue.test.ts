import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BoundedQueue } from '../../../src/core/bounded-queue.ts'

describe('BoundedQueue', () => {
  it('gives back in order what it took, and takes as many as its bound', () => {
    fc.assert(
      fc.property(fc.nat(150), fc.array(fc.integer({ min: -200, max: 200 }), { maxLength: 30 }), (itemsMax, runs) => {
        const queue = new BoundedQueue<number>(itemsMax)
        const model: number[] = []
        let item = 0
        for (const run of runs) {
          for (let count = 0; count < Math.abs(run); count++) {
            if (run > 0) {
              item++
              const fits = model.length < itemsMax
              assert.equal(queue.push(item), fits)
              if (fits) model.push(item)
            } else {
              assert.equal(queue.peek(), model[0])
              assert.equal(queue.shift(), model.shift())
            }
            assert.equal(queue.size, model.length)
          }
        }
      }),
    )
  })

  it('does not keep what has left it', () => {
    const queue = new BoundedQueue<object>(10)
    queue.push({})
    const first = queue.shift()
    assert.notEqual(first, undefined)
    assert.equal(queue.peek(), undefined)
    assert.equal(queue.shift(), undefined)
  })
})
