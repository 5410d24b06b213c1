import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { JwtRealm } from '../../../src/auth/jwt-realm.ts'
import { TokenVerifier } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { FakeKeySets, issuerKey, LocalPool, rules, signed, type IssuerKey } from './token-fixtures.ts'
import type { JwtRealmModel, JwtValidationModel } from '../../../src/auth/security-model.ts'
import type { Credentials } from '../../../src/ports/auth.ts'

const ISSUER = 'https://issuer.example'

describe('the JWT realm', () => {
  let key: IssuerKey
  let keySets: FakeKeySets
  let verifier: TokenVerifier
  const clock = new FakeClock()

  before(async () => {
    key = await issuerKey('ES256', 'k')
  })
  beforeEach(() => {
    keySets = new FakeKeySets()
    keySets.publish('first', key.jwk)
    keySets.publish('second', key.jwk)
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    verifier = new TokenVerifier({ keySets, pool: new LocalPool(), clock, endOfTick, log: new RecordingLog() })
  })

  const model = (name: string): JwtRealmModel => ({
    kind: 'jwt',
    name,
    jwksUri: 'http://127.0.0.1/keys',
    jwksDefaultCacheSeconds: 1800,
    introspection: undefined,
  })

  function credentials(password: Buffer | undefined): Credentials {
    return {
      listener: { name: 'tcp-listener-1883', transport: 'tcp', port: 1883 },
      remoteAddress: '127.0.0.1',
      clientId: 'token-client',
      username: 'token-user',
      password,
      authenticationMethod: undefined,
      authenticationData: undefined,
    }
  }

  async function outcomeOf(claims: object, wanted: Partial<JwtValidationModel> = {}, realm = 'first') {
    const exp = clock.nowMs() / 1000 + 60
    const compact = await signed(key, { alg: 'ES256', kid: 'k' }, { exp, ...claims })
    return new JwtRealm(model(realm), rules(wanted), verifier).authenticate(credentials(compact))
  }

  async function ownerOf(claims: object, wanted: Partial<JwtValidationModel> = {}, realm = 'first'): Promise<string> {
    const outcome = await outcomeOf(claims, wanted, realm)
    assert.ok(outcome.kind === 'authenticated')
    return outcome.owner
  }

  it('takes the token from the password and gives its end with the grace', async () => {
    const outcome = await outcomeOf({ iss: ISSUER, sub: 'a' }, { expGraceSeconds: 10 })
    assert.ok(outcome.kind === 'authenticated')
    assert.equal(outcome.expiresAtMs, clock.nowMs() + 70_000)
  })

  it('refuses a client without a password', async () => {
    const realm = new JwtRealm(model('first'), rules(), verifier)
    for (const password of [undefined, Buffer.alloc(0)]) {
      assert.deepEqual(await realm.authenticate(credentials(password)), {
        kind: 'refused',
        cause: 'no_token',
        detail: {},
      })
    }
  })

  it('passes a refusal on with its detail', async () => {
    assert.deepEqual(await outcomeOf({ aud: 'a' }, { audience: 'b' }), {
      kind: 'refused',
      cause: 'audience',
      detail: { of: 'aud', expected: 'b', found: 'a' },
    })
  })

  it('binds claims to the Client Identifier and the user name', async () => {
    const bound = { subject: '${mqtt-clientid}', customClaims: [{ name: 'user', value: '${mqtt-username}' }] }
    assert.equal((await outcomeOf({ sub: 'token-client', user: 'token-user' }, bound)).kind, 'authenticated')
    assert.equal((await outcomeOf({ sub: 'other-client', user: 'token-user' }, bound)).kind, 'refused')
  })

  it('tells owners apart by issuer and subject, and knows one again', async () => {
    const checked = { issuers: [ISSUER, 'https://other.example'] }
    const owners = [
      await ownerOf({ iss: ISSUER, sub: 'a' }, checked),
      await ownerOf({ iss: ISSUER, sub: 'b' }, checked),
      await ownerOf({ iss: 'https://other.example', sub: 'a' }, checked),
      await ownerOf({ iss: ISSUER, client_id: 'a' }, checked),
      await ownerOf({ iss: ISSUER }, checked),
    ]
    assert.equal(new Set(owners).size, owners.length)
    assert.ok(!owners.includes(''))
    assert.equal(await ownerOf({ iss: ISSUER, sub: 'a', jti: 2 }, checked, 'second'), owners[0])
    assert.equal(await ownerOf({ iss: ISSUER, sub: '', client_id: 'a' }, checked), owners[3])
  })

  it('keeps the subjects of a realm whose issuer is not checked apart from other realms', async () => {
    const first = await ownerOf({ iss: ISSUER, sub: 'a' })
    assert.notEqual(await ownerOf({ iss: ISSUER, sub: 'a' }, {}, 'second'), first)
    assert.notEqual(await ownerOf({ iss: ISSUER, sub: 'a' }, { issuers: [ISSUER] }), first)
    assert.equal(await ownerOf({ iss: ISSUER, sub: 'a', jti: 2 }), first)
  })
})
