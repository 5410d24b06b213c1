import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkIntrospectionEndpoints, jwtManagers } from '../../../src/auth/jwt-managers.ts'
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

  it('need an endpoint where tokens are introspected', () => {
    const asking = { ...jwt, validation: rules({ introspection: { sampling: 1 } }) }
    const introspection = { endpoint: 'https://a.example/ask', username: 'b', password: 'p' }
    assert.throws(() => checkIntrospectionEndpoints(modelOf(asking)), { code: 'SECURITY_FILE' })
    checkIntrospectionEndpoints(modelOf(asking, { introspection }))
    checkIntrospectionEndpoints(modelOf(jwt))
  })
})
