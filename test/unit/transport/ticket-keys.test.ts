import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newTicketKeys, TICKET_PERIOD_MS, untilNextPeriodMs } from '../../../src/transport/ticket-keys.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'

const SECRET = 'a secret of the whole cluster'
const START_MS = TICKET_PERIOD_MS * 40_000

describe('newTicketKeys', () => {
  it('gives 48 bytes, random ones without a secret', () => {
    const random = new FakeRandom()
    const keys = [1, 2].map(() => newTicketKeys(undefined, new FakeClock(), random))
    assert.match(keys.join(' '), /^[\da-f]{96} [\da-f]{96}$/)
    assert.notEqual(keys[0], keys[1])
  })

  it('gives all nodes with the secret the same, until the period is over', () => {
    const at = (nowMs: number, secret = SECRET): string =>
      newTicketKeys(secret, new FakeClock(nowMs), new FakeRandom(nowMs))
    const keys = at(START_MS)
    assert.match(keys, /^[\da-f]{96}$/)
    assert.equal(at(START_MS + TICKET_PERIOD_MS - 1), keys)
    assert.notEqual(at(START_MS + TICKET_PERIOD_MS), keys)
    assert.notEqual(at(START_MS, 'another secret'), keys)
  })

  it('knows when the period ends', () => {
    assert.equal(untilNextPeriodMs(new FakeClock(START_MS)), TICKET_PERIOD_MS)
    assert.equal(untilNextPeriodMs(new FakeClock(START_MS - 1)), 1)
  })
})
