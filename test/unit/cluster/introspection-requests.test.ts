import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ToPrimary } from '../../../src/cluster/control-messages.ts'
import { IntrospectionRequests } from '../../../src/cluster/introspection-requests.ts'
import { FakeClock } from '../../support/fake-clock.ts'

describe('the questions of a worker about tokens', () => {
  it('are answered each with its own answer, in whatever order', async () => {
    const told: ToPrimary[] = []
    const requests = new IntrospectionRequests(message => told.push(message), new FakeClock())
    const first = requests.ask('r', 'a')
    const second = requests.ask('r', 'b')
    assert.deepEqual(told, [
      { kind: 'introspection-request', id: 1, realm: 'r', token: 'a', knownOnly: false },
      { kind: 'introspection-request', id: 2, realm: 'r', token: 'b', knownOnly: false },
    ])
    requests.answered(2, { kind: 'inactive' })
    requests.answered(1, { kind: 'active', claims: {} })
    assert.equal((await first).kind, 'active')
    assert.equal((await second).kind, 'inactive')
  })

  it('are given up after ten seconds; a later answer does no harm', async () => {
    const clock = new FakeClock()
    const requests = new IntrospectionRequests(() => undefined, clock)
    const answer = requests.ask('r', 'a')
    clock.advance(10_000)
    assert.equal((await answer).kind, 'unavailable')
    requests.answered(1, { kind: 'inactive' })
    assert.equal(clock.pendingTimers, 0)
  })

  it('are 10,000 at most', async () => {
    const requests = new IntrospectionRequests(() => undefined, new FakeClock())
    for (let number = 0; number < 10_000; number++) void requests.ask('r', `${number}`)
    assert.equal((await requests.ask('r', 'one too many')).kind, 'unavailable')
  })
})
