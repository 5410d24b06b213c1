import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { steadyPace } from '../../../src/broker/closing-pace.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('steadyPace', () => {
  function waits(pace: ReturnType<typeof steadyPace>, clients: number): number[] {
    return Array.from({ length: clients }, (_, closed) => closed).filter(closed => pace(closed, clients) !== undefined)
  }

  it('without a duration lets others have their turn after each hundred', () => {
    let turns = 0
    const pace = steadyPace(0, new FakeClock(), () => {
      turns++
      return Promise.resolve()
    })
    assert.deepEqual(waits(pace, 250), [100, 200])
    assert.equal(turns, 2)
  })

  it('closes the first at once and each other one when its time has come', async () => {
    const clock = new FakeClock()
    const pace = steadyPace(30_000, clock, () => Promise.resolve())
    assert.equal(pace(0, 3), undefined)
    for (const closed of [1, 2]) {
      const wait = pace(closed, 3)
      assert.equal(clock.nextTimerMs, 10_000)
      clock.advance(10_000)
      await wait
      assert.equal(pace(closed, 3), undefined)
    }
  })

  it('catches up when it is behind, a hundred at a time', () => {
    const clock = new FakeClock()
    let turns = 0
    const pace = steadyPace(1_000, clock, () => {
      turns++
      return Promise.resolve()
    })
    clock.advance(500)
    for (let closed = 0; closed <= 500; closed++) void pace(closed, 1_000)
    assert.equal(turns, 5)
    assert.equal(clock.pendingTimers, 0)
    void pace(501, 1_000)
    assert.equal(clock.nextTimerMs, 1)
  })
})
