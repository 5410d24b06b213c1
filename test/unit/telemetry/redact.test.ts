import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namesSecret, withoutTokens } from '../../../src/telemetry/redact.ts'

describe('namesSecret', () => {
  it('knows the names however they are spelled, and leaves others alone', () => {
    for (const name of ['password', 'Authorization', 'accessToken', 'access_token', 'client-secret']) {
      assert.equal(namesSecret(name), true, name)
    }
    for (const name of ['tokenEndpoint', 'tokens', 'passwordless', 'clientId'])
      assert.equal(namesSecret(name), false, name)
  })
})

describe('withoutTokens', () => {
  it('replaces every JWT in a text, signed or not, and cut off', () => {
    assert.equal(withoutTokens('a eyJhbGci.eyJzdWIi.c2ln b eyJhbGci.eyJzdWIi. c'), 'a [redacted] b [redacted] c')
    assert.equal(withoutTokens('cut eyJhbGci.eyJzd'), 'cut [redacted]')
  })

  it('leaves other text alone', () => {
    assert.equal(withoutTokens('grey eyJ and eyes.of.beholders'), 'grey eyJ and eyes.of.beholders')
  })
})
