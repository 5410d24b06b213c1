import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answeredInTime } from '../../../../src/store/redis/answered-in-time.ts'
import { systemClock } from '../../../../src/telemetry/system-clock.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

describe('an answer that is waited for', () => {
  it('is taken as long as it comes in time, and a failure is passed on', async () => {
    const clock = new FakeClock()
    const answer = Promise.withResolvers<string>()
    const answered = answeredInTime(clock, answer.promise)
    clock.advance(749)
    answer.resolve('a')
    assert.equal(await answered, 'a')
    await assert.rejects(answeredInTime(clock, Promise.reject(new Error('b'))), { message: 'b' })
    assert.equal(clock.pendingTimers, 0)
  })

  it('is given up after three quarters of a second', async () => {
    const clock = new FakeClock()
    const answered = answeredInTime(clock, new Promise<never>(() => {}))
    clock.advance(750)
    await assert.rejects(answered, { message: /it did not answer in time/ })
  })

  it('is taken where it has come while this process was held up', async () => {
    const answered = answeredInTime(systemClock, new Promise<string>(resolve => void setImmediate(resolve, 'a')))
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800)
    assert.equal(await answered, 'a')
  })
})
