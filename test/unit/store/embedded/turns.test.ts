import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Turns } from '../../../../src/store/embedded/turns.ts'

describe('Turns', () => {
  it('lets so many at a time, the others in their order', async () => {
    const turns = new Turns(2, 10)
    const begun: number[] = []
    for (const number of [1, 2, 3, 4, 5]) void turns.take().then(() => begun.push(number))
    await nextTurn()
    assert.deepEqual(begun, [1, 2])
    turns.give()
    await nextTurn()
    assert.deepEqual(begun, [1, 2, 3])
    turns.give()
    turns.give()
    await nextTurn()
    assert.deepEqual(begun, [1, 2, 3, 4, 5])
  })

  it('lets whoever comes later as many at a time as before', async () => {
    const turns = new Turns(1, 10)
    for (let round = 0; round < 3; round++) {
      const first = turns.take()
      const second = turns.take()
      await first
      turns.give()
      await second
      turns.give()
    }
    await turns.take()
    let taken = false
    void turns.take().then(() => {
      taken = true
    })
    await nextTurn()
    assert.equal(taken, false)
  })

  it('refuses one more than may wait', async () => {
    const turns = new Turns(1, 1)
    await turns.take()
    const waiting = turns.take()
    await assert.rejects(turns.take(), { code: 'STORE_UNAVAILABLE' })
    turns.give()
    await waiting
  })
})
