import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Due, DueHeap, NOT_DUE } from '../../../src/store/due-heap.ts'

describe('DueHeap', () => {
  it('has first what is due first, whatever was moved and taken out before', () => {
    const step = fc.record({ item: fc.nat(15), dueAtMs: fc.oneof(fc.nat(20), fc.constant(Infinity)) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const items: Due[] = Array.from({ length: 16 }, () => ({ dueAtMs: Infinity, heapIndex: NOT_DUE }))
        const heap = new DueHeap<Due>()
        for (const { item, dueAtMs } of steps) {
          const due = items[item]
          assert(due !== undefined)
          heap.schedule(due, dueAtMs)
          const scheduled = items.filter(other => other.heapIndex !== NOT_DUE)
          assert.equal(heap.size, scheduled.length)
          assert.equal(heap.first()?.dueAtMs ?? Infinity, Math.min(Infinity, ...scheduled.map(other => other.dueAtMs)))
          assert(items.every(other => (other.dueAtMs === Infinity) === (other.heapIndex === NOT_DUE)))
        }
        const drained: number[] = []
        for (let first = heap.first(); first !== undefined; first = heap.first()) {
          drained.push(first.dueAtMs)
          heap.remove(first)
        }
        assert.deepEqual(
          drained,
          [...drained].sort((one, other) => one - other),
        )
      }),
    )
  })

  it('takes nothing out that is not in it', () => {
    const heap = new DueHeap<Due>()
    const inside: Due = { dueAtMs: 0, heapIndex: NOT_DUE }
    heap.schedule(inside, 5)
    heap.remove({ dueAtMs: 5, heapIndex: NOT_DUE })
    assert.equal(heap.first(), inside)
  })
})
