import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AcceptFailures } from '../../../src/transport/accept-failures.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { ListLog } from '../../support/listener-harness.ts'

describe('AcceptFailures', () => {
  it('logs the first failure at once and then at most one line in ten seconds', () => {
    const log = new ListLog()
    const clock = new FakeClock()
    const failures = new AcceptFailures('tcp-listener-1883', log, clock)
    for (let i = 0; i < 100; i++) failures.report('EMFILE')
    assert.equal(log.lines.length, 1)
    clock.advance(9_999)
    failures.report('EMFILE')
    assert.equal(log.lines.length, 1)
    clock.advance(1)
    failures.report('EMFILE')
    assert.equal(log.lines.length, 2)
    assert.deepEqual(log.lines[1]?.fields, { listener: 'tcp-listener-1883', code: 'EMFILE', failures: 101 })
  })
})
