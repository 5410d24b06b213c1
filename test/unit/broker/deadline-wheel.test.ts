import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type DeadlineTarget, DeadlineWheel } from '../../../src/broker/deadline-wheel.ts'

const TICK_MS = DeadlineWheel.tickMs

/** Notes when it was called, and asks for more as long as it is told to. */
class Target implements DeadlineTarget {
  dueTick = 0
  readonly calledAtMs: number[] = []
  readonly #wheel: DeadlineWheel
  readonly #againMs: number[]

  constructor(wheel: DeadlineWheel, againMs: readonly number[] = []) {
    this.#wheel = wheel
    this.#againMs = [...againMs]
  }

  deadlinePassed(): number {
    this.calledAtMs.push(this.#wheel.elapsedMs(0))
    return this.#againMs.shift() ?? 0
  }
}

describe('DeadlineWheel', () => {
  it('calls each target at the first tick that is not before its time, near or far', () => {
    const delays = fc.array(fc.integer({ min: 0, max: 600_000 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(fc.nat(1_500), delays, (ticksBefore, delaysMs) => {
        const wheel = new DeadlineWheel()
        advance(wheel, ticksBefore * TICK_MS)
        const startMs = wheel.elapsedMs(0)
        const targets = delaysMs.map(() => new Target(wheel))
        targets.forEach((target, index) => wheel.set(target, delaysMs[index] ?? 0))
        advance(wheel, 601_000)
        const expected = delaysMs.map(delayMs => [startMs + Math.max(1, Math.ceil(delayMs / TICK_MS)) * TICK_MS])
        assert.deepEqual(
          targets.map(target => target.calledAtMs),
          expected,
        )
        assert.equal(wheel.size, 0)
      }),
      { numRuns: 30 },
    )
  })

  it('a target that names a later time is called again then, also a whole turn of the wheel later', () => {
    const wheel = new DeadlineWheel()
    const target = new Target(wheel, [1_000, 512 * TICK_MS])
    wheel.set(target, 500)
    advance(wheel, 300_000)
    assert.deepEqual(target.calledAtMs, [500, 1_500, 1_500 + 512 * TICK_MS])
    assert.equal(wheel.size, 0)
  })

  it('a deadline that was cancelled does not pass, even where another one of the same tick cancels it', () => {
    const wheel = new DeadlineWheel()
    const [cancelled, cancelledLate] = [new Target(wheel), new Target(wheel)]
    wheel.set({ dueTick: 0, deadlinePassed: () => (wheel.cancel(cancelledLate), 0) }, 1_500)
    wheel.set(cancelled, 1_000)
    wheel.set(cancelledLate, 1_500)
    wheel.cancel(cancelled)
    assert.equal(wheel.size, 2)
    advance(wheel, 5_000)
    assert.deepEqual([cancelled.calledAtMs, cancelledLate.calledAtMs], [[], []])
    wheel.cancel(cancelled)
    assert.equal(wheel.size, 0)
  })

  it('a deadline that was set again, by its target or by others, counts in the place of the one before', () => {
    const wheel = new DeadlineWheel()
    const [asked, moved] = [new Target(wheel, [10_000]), new Target(wheel)]
    wheel.set(asked, 500)
    wheel.set(moved, 500)
    wheel.set(moved, 2_000)
    advance(wheel, 1_000)
    wheel.cancel(asked)
    assert.equal(wheel.size, 1)
    advance(wheel, 20_000)
    assert.deepEqual([asked.calledAtMs, moved.calledAtMs], [[500], [2_000]])
    assert.equal(wheel.size, 0)
  })
})

function advance(wheel: DeadlineWheel, ms: number): void {
  for (let passed = 0; passed < ms; passed += TICK_MS) wheel.advance()
}
