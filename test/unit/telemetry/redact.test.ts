import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namesSecret } from '../../../src/telemetry/redact.ts'

describe('namesSecret', () => {
  it('knows the names however they are spelled, and leaves others alone', () => {
    for (const name of ['password', 'Authorization', 'accessToken', 'access_token', 'client-secret']) {
      assert.equal(namesSecret(name), true, name)
    }
    for (const name of ['tokenEndpoint', 'tokens', 'passwordless', 'clientId'])
      assert.equal(namesSecret(name), false, name)
  })
})
