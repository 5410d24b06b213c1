import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FailureBudgets } from '../../../src/auth/failure-budgets.ts'

function fail(budgets: FailureBudgets, name: string, count: number, nowMs = 0): void {
  for (let failure = 0; failure < count; failure++) budgets.charge(name, 'bad_signature', nowMs)
}

describe('the budgets of failures', () => {
  it('allow a minute of failures at once, and then so many per second', () => {
    const budgets = new FailureBudgets(2)
    fail(budgets, 'a', 119)
    assert.equal(budgets.spent('a', 0), false)
    fail(budgets, 'a', 1)
    assert.equal(budgets.spent('a', 0), true)
    assert.equal(budgets.spent('a', 499), true)
    assert.equal(budgets.spent('a', 500), false)
  })

  it('are apart for each name', () => {
    const budgets = new FailureBudgets(1)
    fail(budgets, 'a', 60)
    assert.deepEqual([budgets.spent('a', 0), budgets.spent('b', 0)], [true, false])
  })

  it('count what costs us something, and not what honest fleets do', () => {
    const budgets = new FailureBudgets(1)
    for (let failure = 0; failure < 1000; failure++) {
      for (const cause of ['token_expired', 'audience', 'token_malformed', 'no_token', 'key_not_asked_for'] as const) {
        budgets.charge('a', cause, 0)
      }
    }
    assert.equal(budgets.size, 0)
    for (const cause of ['bad_signature', 'unknown_kid', 'token_inactive', 'wrong_authentication_secret'] as const) {
      const own = new FailureBudgets(1)
      for (let failure = 0; failure < 60; failure++) own.charge('a', cause, 0)
      assert.equal(own.spent('a', 0), true, cause)
    }
  })

  it('tell a spell from the next: it ends when the budget is whole again', () => {
    const budgets = new FailureBudgets(1)
    assert.equal(budgets.firstOfSpell('a'), false)
    fail(budgets, 'a', 60)
    assert.deepEqual([budgets.firstOfSpell('a'), budgets.firstOfSpell('a')], [true, false])
    fail(budgets, 'a', 1, 59_999)
    assert.equal(budgets.firstOfSpell('a'), false)
    fail(budgets, 'a', 1, 59_999 + 60_000)
    assert.equal(budgets.firstOfSpell('a'), true)
  })

  it('are bounded, and the one that failed longest ago is forgotten', () => {
    const budgets = new FailureBudgets(1, 2)
    fail(budgets, 'a', 60)
    fail(budgets, 'b', 60)
    fail(budgets, 'a', 1)
    fail(budgets, 'c', 60)
    assert.equal(budgets.size, 2)
    assert.deepEqual(
      ['a', 'b', 'c'].map(name => budgets.spent(name, 0)),
      [true, false, true],
    )
  })

  it('may be without an end', () => {
    const budgets = new FailureBudgets(Number.POSITIVE_INFINITY)
    fail(budgets, 'a', 1000)
    assert.deepEqual([budgets.size, budgets.spent('a', 0)], [0, false])
  })
})
