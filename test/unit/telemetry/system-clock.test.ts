import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../../src/telemetry/system-clock.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { waitFor } from '../../support/wait-for.ts'

describe('systemClock', () => {
  it('runs a task once after its time, and one that repeats until it is cancelled', async () => {
    let once = 0
    let repeated = 0
    systemClock.after(1, () => once++)
    const timer = systemClock.every(1, () => repeated++)
    await waitFor('the tasks', () => once === 1 && repeated >= 3)
    timer.cancel()
    timer.cancel()
    const cancelledAt = repeated
    let later = false
    systemClock.after(20, () => {
      later = true
    })
    await waitFor('more time to pass', () => later)
    assert.equal(repeated, cancelledAt)
    assert.equal(once, 1)
  })

  it('does not run what was cancelled', async () => {
    let ran = false
    systemClock
      .after(1, () => {
        ran = true
      })
      .cancel()
    let later = false
    systemClock.after(20, () => {
      later = true
    })
    await waitFor('more time to pass', () => later)
    assert.equal(ran, false)
  })
})

describe('systemRandom', () => {
  it('gives fractions below 1 and as many bytes as asked for', () => {
    for (let i = 0; i < 100; i++) {
      const fraction = systemRandom.fraction()
      assert.ok(fraction >= 0 && fraction < 1)
    }
    assert.match(systemRandom.hex(16), /^[\da-f]{32}$/)
    assert.notEqual(systemRandom.hex(16), systemRandom.hex(16))
  })
})
