import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkClaims } from '../../../src/auth/claims.ts'
import type { Preset } from '../../../src/auth/claim-habits.ts'
import { securityModelFromSettings } from '../../../src/auth/environment-security-model.ts'
import type { JwtValidationModel } from '../../../src/auth/security-model.ts'

const NOW_MS = 1_700_000_000_000
const EXP = NOW_MS / 1000 + 60
const CONTEXT = { clientId: 'sensor-1', username: undefined }

function rulesOf(preset: Preset, issuer: string): JwtValidationModel {
  const { pipelines } = securityModelFromSettings({
    issuer,
    jwksUri: `${issuer}/keys`,
    audience: 'mqtt',
    scope: 'connect',
    scopeClaim: undefined,
    preset,
  })
  const authentication = pipelines[0]?.authentication
  assert(authentication?.kind === 'jwt')
  return authentication.validation
}

/** The claims of an access token of each kind, as they are met in the field. */
const TOKENS: readonly { readonly preset: Preset; readonly issuer: string; readonly claims: object }[] = [
  {
    preset: 'okta',
    issuer: 'https://org.okta.example/oauth2/default',
    claims: { ver: 1, jti: 'AT.1', aud: 'mqtt', cid: 'c', uid: 'u', scp: ['connect'], sub: 'u@example' },
  },
  {
    preset: 'auth0',
    issuer: 'https://t.auth0.example/',
    claims: {
      aud: ['mqtt', 'https://t.auth0.example/userinfo'],
      azp: 'c',
      gty: 'client-credentials',
      scope: 'connect',
    },
  },
  {
    preset: 'auth0',
    issuer: 'https://t.auth0.example/',
    claims: { aud: 'mqtt', scope: 'openid', permissions: ['connect'], sub: 'auth0|1' },
  },
  {
    preset: 'keycloak',
    issuer: 'https://h.example/realms/r',
    claims: { typ: 'Bearer', aud: ['account', 'mqtt'], azp: 'c', scope: 'email connect', sub: 'uuid' },
  },
  {
    preset: 'entra',
    issuer: 'https://login.microsoftonline.example/t/v2.0',
    claims: { ver: '2.0', aud: 'mqtt', scp: 'connect read', oid: 'o', sub: 'pairwise' },
  },
  {
    preset: 'entra',
    issuer: 'https://sts.windows.example/t/',
    claims: { ver: '1.0', aud: 'mqtt', roles: ['connect'], appid: 'c', sub: 's' },
  },
  {
    preset: 'cognito',
    issuer: 'https://cognito-idp.example/pool',
    claims: { token_use: 'access', client_id: 'mqtt', scope: 'connect', sub: 's', username: 'u' },
  },
  {
    preset: 'google',
    issuer: 'https://accounts.google.example',
    claims: { iss: 'accounts.google.example', aud: 'mqtt', azp: 'c', scope: 'connect', sub: 's' },
  },
  { preset: 'generic', issuer: 'https://id.example', claims: { aud: 'mqtt', scope: 'connect', client_id: 'c' } },
  { preset: 'generic', issuer: 'https://id.example', claims: { aud: 'mqtt', scp: ['connect'], cid: 'c' } },
]

function causeOf(preset: Preset, issuer: string, claims: object): string {
  const whole = JSON.parse(JSON.stringify({ iss: issuer, exp: EXP, ...claims }))
  return checkClaims(whole, rulesOf(preset, issuer), CONTEXT, NOW_MS)?.cause ?? 'none'
}

describe('the presets', () => {
  for (const { preset, issuer, claims } of TOKENS) {
    it(`${preset}: takes ${JSON.stringify(claims)}`, () => {
      assert.equal(causeOf(preset, issuer, claims), 'none')
    })

    it(`${preset}: refuses the same token with the scope or the audience of another`, () => {
      const text = JSON.stringify(claims)
      assert.equal(causeOf(preset, issuer, JSON.parse(text.replace('connect', 'connected'))), 'scope')
      assert.equal(causeOf(preset, issuer, JSON.parse(text.replace('"mqtt"', '"mqttx"'))), 'audience')
    })
  }

  it('an ID token of Cognito or Keycloak is none of theirs, nor is a token that does not say what it is', () => {
    const cognito = { client_id: 'mqtt', scope: 'connect' }
    const keycloak = { aud: 'mqtt', scope: 'connect' }
    assert.equal(causeOf('cognito', 'https://c.example', { ...cognito, token_use: 'id' }), 'not_access_token')
    assert.equal(causeOf('cognito', 'https://c.example', cognito), 'not_access_token')
    assert.equal(causeOf('keycloak', 'https://k.example', { ...keycloak, typ: 'ID' }), 'not_access_token')
    assert.equal(causeOf('keycloak', 'https://k.example', keycloak), 'not_access_token')
  })

  it('a claim that is there counts, though one further down the list would fit', () => {
    const claims = { token_use: 'access', aud: 'other', client_id: 'mqtt', scope: 'connect' }
    assert.equal(causeOf('cognito', 'https://c.example', claims), 'audience')
    assert.equal(causeOf('generic', 'https://g.example', { aud: 'mqtt', scope: '', scp: ['connect'] }), 'scope')
  })

  it('only Google’s issuer may lack its scheme', () => {
    const claims = { iss: 'id.example', aud: 'mqtt', scope: 'connect' }
    assert.equal(causeOf('google', 'https://id.example', claims), 'none')
    assert.equal(causeOf('generic', 'https://id.example', claims), 'issuer')
  })
})
