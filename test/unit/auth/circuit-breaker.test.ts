import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CircuitBreaker } from '../../../src/auth/circuit-breaker.ts'

function opened(failures: number, nowMs = 0): CircuitBreaker {
  const breaker = new CircuitBreaker()
  for (let failure = 0; failure < failures; failure++) breaker.failed(nowMs)
  return breaker
}

describe('the circuit breaker', () => {
  it('lets everything through until the fifth failure in a row', () => {
    assert.ok(opened(4).allows(0))
    assert.ok(!opened(5).allows(0))
    const breaker = opened(4)
    breaker.succeeded()
    breaker.failed(0)
    assert.ok(breaker.allows(0))
  })

  it('stays open twice as long after each further failure, a minute at most', () => {
    for (const [failures, openMs] of [
      [5, 1_000],
      [6, 2_000],
      [10, 32_000],
      [11, 60_000],
      [100, 60_000],
    ] as const) {
      assert.ok(!opened(failures).allows(openMs - 1), `${failures} failures`)
      assert.ok(opened(failures).allows(openMs), `${failures} failures`)
    }
  })

  it('lets one request try at a time', () => {
    const breaker = opened(5)
    assert.ok(breaker.allows(1_000))
    assert.ok(!breaker.allows(1_000))
    breaker.failed(1_000)
    assert.ok(!breaker.allows(2_999))
    assert.ok(breaker.allows(3_000))
    breaker.succeeded()
    assert.ok(breaker.allows(3_000))
  })
})
