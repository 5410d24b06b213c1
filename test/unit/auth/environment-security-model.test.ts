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
      },
    })
  })

  it('looks for scopes in the claim scope unless told otherwise', () => {
    const { pipelines } = securityModelFromSettings({ ...NOTHING, jwksUri: 'https://id.example/keys', scope: 'mqtt' })
    const authentication = pipelines[0]?.authentication
    assert(authentication?.kind === 'jwt')
    assert.deepEqual(authentication.validation.scope, { required: ['mqtt'], claim: 'scope' })
  })

  it('refuses to guess where the keys are', () => {
    assert.throws(() => securityModelFromSettings({ ...NOTHING, issuer: 'https://id.example' }), {
      code: 'CONFIGURATION',
    })
  })
})
