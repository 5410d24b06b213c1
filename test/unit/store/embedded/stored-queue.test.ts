import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Segment } from '../../../../src/store/embedded/segment.ts'
import { StoredBody } from '../../../../src/store/embedded/stored-body.ts'
import { StoredQueue } from '../../../../src/store/embedded/stored-queue.ts'
import { atLeastOnce } from '../../../contract/store-contract.ts'
import { FragileFolder } from '../../../support/fragile-folder.ts'

const segment = new Segment({ number: 1, mark: 1 }, await new FragileFolder().create('one'), 0)

function safeBody(length: number): StoredBody {
  const body = new StoredBody(length, 0)
  body.place(segment, 0)
  return body
}

function positions(queue: StoredQueue, after = 0, limit = 1_000_000, bytesMax = Infinity): number[] {
  return queue.read(after, limit, bytesMax).entries.map(({ position }) => position)
}

describe('StoredQueue', () => {
  it('is what a list says, however messages are appended, removed and put back', () => {
    const steps = fc.array(
      fc.oneof(
        { arbitrary: fc.constant('append' as const), weight: 3 },
        { arbitrary: fc.nat(200).map(position => ({ remove: position })), weight: 2 },
        { arbitrary: fc.nat(200).map(position => ({ restore: position + 1 })), weight: 1 },
      ),
      { maxLength: 400, size: 'max' },
    )
    const property = fc.property(steps, fc.nat(200), fc.nat(20), (all, after, limit) => {
      const queue = new StoredQueue()
      let list: number[] = []
      let last = 0
      for (const step of all) {
        if (step === 'append') list.push((last = queue.append(safeBody(10), atLeastOnce).position))
        else if ('remove' in step) {
          assert.equal(queue.remove(step.remove) !== undefined, list.includes(step.remove))
          list = list.filter(position => position !== step.remove)
        } else {
          const position = step.restore
          const replaced = queue.restore({ position, delivery: atLeastOnce, released: false, body: safeBody(10) })
          assert.equal(replaced !== undefined, list.includes(position))
          list = [...list.filter(other => other !== position), position].sort((one, other) => one - other)
          last = Math.max(last, position)
        }
      }
      assert.deepEqual(positions(queue), list)
      assert.deepEqual(positions(queue, after, limit), list.filter(position => position > after).slice(0, limit))
      assert.deepEqual([queue.size, queue.bytes, queue.lastPosition], [list.length, list.length * 10, last])
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('is read up to the first message that is not safe yet', () => {
    const queue = new StoredQueue()
    queue.append(safeBody(1), atLeastOnce)
    const second = new StoredBody(1, 0)
    queue.append(second, atLeastOnce)
    queue.append(safeBody(1), atLeastOnce)
    assert.deepEqual(positions(queue), [1])
    second.place(segment, 5)
    assert.deepEqual(positions(queue), [1, 2, 3])
  })

  it('is read in answers of bounded size, and a message that is larger alone', () => {
    const queue = new StoredQueue()
    for (const length of [500, 40, 40, 40]) queue.append(safeBody(length), atLeastOnce)
    assert.deepEqual(positions(queue, 0, 10, 100), [1])
    assert.deepEqual(positions(queue, 1, 10, 100), [2, 3])
    assert.deepEqual(positions(queue, 3, 10, 100), [4])
  })

  it('of 100,000 messages is emptied from its start in time that does not grow with its square', () => {
    const queue = new StoredQueue()
    for (let i = 0; i < 100_000; i++) queue.append(safeBody(1), atLeastOnce)
    const startedAt = performance.now()
    for (let position = 1; position <= 100_000; position++) queue.remove(position)
    assert.equal(queue.size, 0)
    assert(performance.now() - startedAt < 2_000)
  })
})
