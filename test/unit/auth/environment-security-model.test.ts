import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { securityModelFromSettings } from '../../../src/auth/environment-security-model.ts'
import type { JwtSettings } from '../../../src/auth/environment-security-model.ts'
import { DEFAULT_ACCESS_LOG } from '../../../src/auth/security-model.ts'

const NOTHING: JwtSettings = {
  issuer: undefined,
  jwksUri: undefined,
  audience: undefined,
  scope: undefined,
  scopeClaim: undefined,
}

describe('securityModelFromSettings', () => {
  it('makes one realm and one pipeline for every listener', () => {
    const model = securityModelFromSettings({
      issuer: 'https://id.example/',
      jwksUri: 'https://id.example/keys',
      audience: 'mqtt',
      scope: ' publish  subscribe ',
      scopeClaim: 'scp',
    })
    assert.deepEqual(model, {
      realms: [
        {
          kind: 'jwt',
          name: 'default',
          jwksUri: 'https://id.example/keys',
          jwksDefaultCacheSeconds: 1800,
          introspection: undefined,
        },
      ],
      pipelines: [
        {
          name: 'default-pipeline',
          listener: 'ALL',
          authentication: {
            kind: 'jwt',
            realm: 'default',
            validation: {
              expGraceSeconds: 0,
              audience: 'mqtt',
              subject: undefined,
              issuers: ['https://id.example/'],
              scope: { required: ['publish', 'subscribe'], claim: 'scp' },
              customClaims: [],
              preset: 'generic',
            },
          },
          authorization: { kind: 'allow-all' },
        },
      ],
      accessLog: DEFAULT_ACCESS_LOG,
    })
  })

  it('checks only what is named', () => {
    const { pipelines } = securityModelFromSettings({ ...NOTHING, jwksUri: 'https://id.example/keys', scope: ' ' })
    assert.deepEqual(pipelines[0]?.authentication, {
      kind: 'jwt',
      realm: 'default',
      validation: {
        expGraceSeconds: 0,
        audience: undefined,
        subject: undefined,
        issuers: [],
        scope: undefined,
        customClaims: [],
        preset: 'generic',
      },
    })
  })

  it('looks for scopes where the preset has them unless told otherwise', () => {
    const scopeOf = (more: Partial<JwtSettings>): unknown => {
      const settings = { ...NOTHING, jwksUri: 'https://id.example/keys', scope: 'mqtt', ...more }
      const authentication = securityModelFromSettings(settings).pipelines[0]?.authentication
      assert(authentication?.kind === 'jwt')
      return authentication.validation.scope
    }
    assert.deepEqual(scopeOf({}), { required: ['mqtt'], claim: 'scope', otherClaims: ['scp'] })
    assert.deepEqual(scopeOf({ preset: 'okta' }), { required: ['mqtt'], claim: 'scp' })
    assert.deepEqual(scopeOf({ preset: 'okta', scopeClaim: 'mine' }), { required: ['mqtt'], claim: 'mine' })
  })

  it('puts several issuers into one realm, each with its own keys and rules', () => {
    const { realms, pipelines } = securityModelFromSettings(
      { ...NOTHING, issuer: 'https://accounts.google.com', jwksUri: 'https://g.example/keys', preset: 'google' },
      { ...NOTHING, issuer: 'https://b.example', jwksFile: 'b.json', audience: 'b' },
    )
    assert.equal(realms.length, 1)
    assert.equal(pipelines.length, 1)
    assert.deepEqual(
      realms[0]?.issuers?.map(({ realm, validation }) => [realm.jwksUri, realm.jwksFile, validation.issuers]),
      [
        ['https://g.example/keys', undefined, ['https://accounts.google.com', 'accounts.google.com']],
        ['', 'b.json', ['https://b.example']],
      ],
    )
    assert.throws(() => securityModelFromSettings(), { code: 'CONFIGURATION' })
  })

  it('refuses to guess where the keys are', () => {
    assert.throws(() => securityModelFromSettings({ ...NOTHING, issuer: 'https://id.example' }), {
      code: 'CONFIGURATION',
    })
  })
})
