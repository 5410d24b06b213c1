import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'

/** A schedule that a test runs by hand. */
class Ticks {
  readonly scheduled: (() => void)[] = []
  readonly endOfTick: EndOfTick = new EndOfTick(task => this.scheduled.push(task))

  end(): void {
    for (const task of this.scheduled.splice(0)) task()
  }
}

describe('EndOfTick', () => {
  it('schedules once per tick and flushes in the order of adding', () => {
    const ticks = new Ticks()
    const flushed: string[] = []
    for (const name of ['a', 'b', 'c']) ticks.endOfTick.add({ flush: () => flushed.push(name) })
    assert.equal(ticks.scheduled.length, 1)
    assert.deepEqual(flushed, [])
    ticks.end()
    assert.deepEqual(flushed, ['a', 'b', 'c'])
    assert.equal(ticks.scheduled.length, 0)
  })

  it('what is added while flushing waits for the next end of tick, again and again', () => {
    const ticks = new Ticks()
    let flushes = 0
    const again = {
      flush(): void {
        flushes++
        ticks.endOfTick.add(again)
      },
    }
    ticks.endOfTick.add(again)
    for (let tick = 1; tick <= 5; tick++) {
      ticks.end()
      assert.equal(flushes, tick)
      assert.equal(ticks.scheduled.length, 1)
    }
  })

  it('flushes at once when asked to, and the scheduled task then finds nothing', () => {
    const ticks = new Ticks()
    let flushes = 0
    ticks.endOfTick.add({ flush: () => flushes++ })
    ticks.endOfTick.flush()
    ticks.end()
    assert.equal(flushes, 1)
  })

  it('what fails does not keep the others from being flushed, now or later', () => {
    const ticks = new Ticks()
    let flushes = 0
    const good = { flush: () => flushes++ }
    const bad = {
      flush(): never {
        throw new Error('broken')
      },
    }
    for (const flushable of [good, bad, good]) ticks.endOfTick.add(flushable)
    assert.throws(() => ticks.end(), /broken/)
    ticks.end()
    assert.equal(flushes, 2)
    ticks.endOfTick.add(good)
    ticks.end()
    assert.equal(flushes, 3)
  })
})
