import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accessLogIsWritten, startedBroker, startedSecurity, startingSecurity } from '../../../src/auth/start-lines.ts'

describe('start lines', () => {
  it('are those of the tutorial in our own name', () => {
    assert.deepEqual(
      [
        startingSecurity(),
        accessLogIsWritten('/srv/log/access/access.log'),
        startedSecurity(353.7),
        startedBroker('0.1.0'),
      ],
      [
        'Starting guardbee security.',
        'Access log is written to /srv/log/access/access.log.',
        'Started guardbee security successfully in 354ms.',
        'guardbee version 0.1.0 started successfully.',
      ],
    )
  })
})
