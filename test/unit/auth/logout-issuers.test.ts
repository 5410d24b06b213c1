import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { securityModelFromSettings } from '../../../src/auth/environment-security-model.ts'
import { logoutIssuers } from '../../../src/auth/logout-issuers.ts'

const SETTINGS = { jwksUri: 'https://a.example/keys', scope: undefined, scopeClaim: undefined }

describe('the issuers whose logout tokens count', () => {
  it('are those that the pipelines check, each with its realm and its audiences', () => {
    const introspection = { endpoint: 'https://b.example/ask', username: 'broker', password: 'p' }
    const model = securityModelFromSettings(
      { ...SETTINGS, issuer: 'https://a.example', audience: 'mqtt' },
      { ...SETTINGS, issuer: 'https://b.example', audience: undefined, introspection },
    )
    assert.deepEqual(logoutIssuers(model), [
      { issuer: 'https://a.example', realm: 'https://a.example', audiences: ['mqtt'] },
      { issuer: 'https://b.example', realm: 'https://b.example', audiences: ['broker'] },
    ])
  })

  it('are not those that depend on the client, nor any that nobody checks', () => {
    const of = (issuer: string | undefined): number =>
      logoutIssuers(securityModelFromSettings({ ...SETTINGS, issuer, audience: 'a' })).length
    assert.equal(of('https://a.example'), 1)
    assert.equal(of('https://${mqtt-username}'), 0)
    assert.equal(of(undefined), 0)
  })
})
