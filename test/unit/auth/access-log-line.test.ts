import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  accessLogLine,
  GENERIC_REASON,
  permissionsAddition,
  reasonAddition,
} from '../../../src/auth/access-log-line.ts'
import { ALLOW_ALL } from '../../../src/core/permissions.ts'

const FAILED_AT_MS = Date.UTC(2019, 10, 25, 15, 50, 24, 774)
const SUCCEEDED_AT_MS = Date.UTC(2019, 10, 25, 16, 17, 53, 9)

describe('accessLogLine', () => {
  it('writes the lines of the tutorial to the character', () => {
    assert.equal(
      accessLogLine(
        FAILED_AT_MS,
        'authentication-failed',
        'no-token-client',
        '127.0.0.1',
        reasonAddition(GENERIC_REASON),
      ),
      '2019-11-25 15:50:24,774 UTC - authentication-failed - Client failed authentication: ID no-token-client, IP 127.0.0.1, reason "unknown authentication key or wrong authentication secret".',
    )
    assert.equal(
      accessLogLine(SUCCEEDED_AT_MS, 'authentication-succeeded', 'token-client', '127.0.0.1'),
      '2019-11-25 16:17:53,009 UTC - authentication-succeeded - Client succeeded authentication: ID token-client, IP 127.0.0.1.',
    )
    assert.equal(
      accessLogLine(
        SUCCEEDED_AT_MS,
        'authorization-succeeded',
        'token-client',
        '127.0.0.1',
        permissionsAddition([ALLOW_ALL]),
      ),
      "2019-11-25 16:17:53,009 UTC - authorization-succeeded - Client succeeded authorization: ID token-client, IP 127.0.0.1, permissions [Permission{topicFilter='#', qos=[0, 1, 2], activity=[publish, subscribe], retainedPublishAllowed=true, sharedSubscribeAllowed=true, sharedGroup='', from='allow-all'}].",
    )
  })

  it('writes a failed authorization and several permissions in the same form', () => {
    assert.equal(
      accessLogLine(0, 'authorization-failed', 'a', '::1', reasonAddition('no permissions')),
      '1970-01-01 00:00:00,000 UTC - authorization-failed - Client failed authorization: ID a, IP ::1, reason "no permissions".',
    )
    const narrow = { ...ALLOW_ALL, topicFilter: "it's/+", qos: [1 as const], from: "a', from='b" }
    assert.match(
      permissionsAddition([ALLOW_ALL, narrow]),
      /^, permissions \[Permission\{.*\}, Permission\{topicFilter='it\\'s\/\+', qos=\[1\], .*, from='a\\'\\u002c from=\\'b'\}\]$/,
    )
  })

  it('says of a permission what HiveMQ has no words for, and nothing more', () => {
    const denial = { ...ALLOW_ALL, effect: 'deny' as const, retain: 'not-retained' as const, shared: 'shared' as const }
    const literal = { ...ALLOW_ALL, syntax: 'literal' as const, shared: 'not-shared' as const }
    assert.equal(
      permissionsAddition([denial, literal]),
      ", permissions [Permission{effect='deny', topicFilter='#', qos=[0, 1, 2], activity=[publish, subscribe], retainedPublishAllowed=false, sharedSubscribeAllowed=true, sharedGroup='', from='allow-all'}, Permission{topicFilter='#', syntax='literal', qos=[0, 1, 2], activity=[publish, subscribe], retainedPublishAllowed=true, sharedSubscribeAllowed=false, sharedGroup='', from='allow-all'}]",
    )
  })

  it('lets no client id fake a line or a field', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), clientId => {
        const line = accessLogLine(0, 'authentication-failed', `x${clientId}`, '10.0.0.1', reasonAddition('r'))
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u)
        assert.equal(line.split(', ').length, 3)
        assert.match(line, /, IP 10\.0\.0\.1, reason "r"\.$/)
      }),
    )
    const forged = 'x, IP 6.6.6.6, reason "y".\n2019-11-25 16:17:53,309 UTC - authentication-succeeded'
    const line = accessLogLine(0, 'authentication-succeeded', forged, '10.0.0.1')
    assert.equal(line.split('\n').length, 1)
    assert.match(line, /ID x\\u002c IP 6\.6\.6\.6\\u002c reason \\"y\\"\..*, IP 10\.0\.0\.1\.$/)
  })

  it('does not repeat a token that a client sends as its id', () => {
    const line = accessLogLine(0, 'authentication-failed', 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln', '10.0.0.1')
    assert.match(line, /: ID \[redacted\], IP 10\.0\.0\.1\.$/)
    const glued = accessLogLine(0, 'authentication-failed', 'device_eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln', '10.0.0.1')
    assert.match(glued, /: ID device_\[redacted\], IP 10\.0\.0\.1\.$/)
  })
})
