import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkIntrospectionEndpoints, jwtManagers, uncheckedRealms } from '../../../src/auth/jwt-managers.ts'
import {
  DEFAULT_ACCESS_LOG,
  type AuthenticationManagerModel,
  type JwtRealmModel,
  type SecurityModel,
} from '../../../src/auth/security-model.ts'
import { rules } from './token-fixtures.ts'

function modelOf(authentication: AuthenticationManagerModel, more: Partial<JwtRealmModel> = {}): SecurityModel {
  const realm: JwtRealmModel = {
    kind: 'jwt',
    name: 'r',
    jwksUri: 'https://a.example/keys',
    jwksDefaultCacheSeconds: 1800,
    introspection: undefined,
    ...more,
  }
  const pipeline = { name: 'p', listener: 'ALL', authentication, authorization: { kind: 'allow-all' } } as const
  return { realms: [realm], pipelines: [pipeline], accessLog: DEFAULT_ACCESS_LOG }
}

describe('the JWT managers of a model', () => {
  const jwt = { kind: 'jwt', realm: 'r', validation: rules() } as const

  it('are found in chains of chains, with their realm', () => {
    const chain = (...managers: readonly AuthenticationManagerModel[]): AuthenticationManagerModel => {
      return { kind: 'chain', strategy: 'unknown-key', managers }
    }
    const found = jwtManagers(modelOf(chain({ kind: 'allow-all' }, chain(jwt), { ...jwt, realm: 'not there' })))
    assert.deepEqual(
      found.map(({ realm }) => realm.name),
      ['r'],
    )
  })

  it('let any token in where no rule says what must stand in it', () => {
    assert.deepEqual(uncheckedRealms(modelOf(jwt)), ['r'])
    const scope = { required: ['mqtt'], claim: 'scope' }
    for (const rule of [{ audience: 'a' }, { subject: 's' }, { issuers: ['i'] }, { scope }]) {
      assert.deepEqual(uncheckedRealms(modelOf({ ...jwt, validation: rules(rule) })), [])
    }
    const custom = rules({ customClaims: [{ name: 'a', value: 'b' }] })
    assert.deepEqual(uncheckedRealms(modelOf({ ...jwt, validation: custom })), [])
    const { realms } = modelOf(jwt)
    const issuers = realms.map(realm => ({ realm: { ...realm, name: 'https://i' }, validation: custom }))
    assert.deepEqual(uncheckedRealms(modelOf(jwt, { issuers })), [])
  })

  it('need an endpoint where tokens are introspected', () => {
    const asking = { ...jwt, validation: rules({ introspection: { sampling: 1 } }) }
    const introspection = { endpoint: 'https://a.example/ask', username: 'b', password: 'p' }
    assert.throws(() => checkIntrospectionEndpoints(modelOf(asking)), { code: 'SECURITY_FILE' })
    checkIntrospectionEndpoints(modelOf(asking, { introspection }))
    checkIntrospectionEndpoints(modelOf(jwt))
  })
})
