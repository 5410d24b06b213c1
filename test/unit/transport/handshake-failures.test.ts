import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { HandshakeFailures } from '../../../src/transport/handshake-failures.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

describe('HandshakeFailures', () => {
  it('counts each, and logs the first at once and then one line in ten seconds', () => {
    const [log, clock, counters] = [new RecordingLog(), new FakeClock(), new Counters()]
    const failures = new HandshakeFailures('tls-tcp-listener-8883', { log, clock, counters })
    failures.report('ECONNRESET')
    for (let i = 0; i < 1000; i++) failures.report('ERR_SSL_NO_SHARED_CIPHER')
    clock.advance(10_000)
    failures.report('ERR_TLS_HANDSHAKE_TIMEOUT')
    assert.equal(counters.tlsHandshakesFailed, 1002)
    assert.deepEqual(
      log.entries.map(({ level, fields }) => [level, fields?.['code'], fields?.['failures']]),
      [
        ['debug', 'ECONNRESET', 1],
        ['debug', 'ERR_TLS_HANDSHAKE_TIMEOUT', 1001],
      ],
    )
  })
})
