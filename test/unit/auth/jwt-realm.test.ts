import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { JwtRealm } from '../../../src/auth/jwt-realm.ts'
import { Revocations } from '../../../src/auth/revocations.ts'
import { TokenVerifier } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { credentials } from './credentials.ts'
import { FakeIntrospections, realmParts } from './realm-parts.ts'
import { FakeKeySets, issuerKey, LocalPool, rules, signed, type IssuerKey } from './token-fixtures.ts'
import type { AuthenticationOutcome } from '../../../src/auth/authenticator.ts'
import type { IntrospectionModel, JwtRealmModel, JwtValidationModel } from '../../../src/auth/security-model.ts'

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

  async function outcomeOf(claims: object, wanted: Partial<JwtValidationModel> = {}, realm = 'first') {
    const exp = clock.nowMs() / 1000 + 60
    const compact = await signed(key, { alg: 'ES256', kid: 'k' }, { exp, ...claims })
    return new JwtRealm(model(realm), rules(wanted), realmParts({ verifier, clock })).authenticate(
      credentials({ password: compact }),
    )
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
    const realm = new JwtRealm(model('first'), rules(), realmParts({ verifier, clock }))
    for (const password of [undefined, Buffer.alloc(0)]) {
      assert.deepEqual(await realm.authenticate(credentials({ password })), {
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

  describe('with introspection', () => {
    const WAYS: IntrospectionModel = { endpoint: 'https://as.example', username: 'b', password: 'p' }
    let introspections: FakeIntrospections
    let revocations: Revocations

    beforeEach(() => {
      introspections = new FakeIntrospections()
      revocations = new Revocations()
    })

    function says(claims: object): void {
      introspections.answer = { kind: 'active', claims: { ...claims } }
    }

    async function outcome(
      password: Buffer,
      wanted: Partial<JwtValidationModel>,
      more: Partial<IntrospectionModel> = {},
    ): Promise<AuthenticationOutcome> {
      const realm = { ...model('first'), introspection: { ...WAYS, ...more } }
      const parts = realmParts({ verifier, clock, introspections, revocations })
      return new JwtRealm(realm, rules(wanted), parts).authenticate(credentials({ password }))
    }

    async function causeOf(...how: Parameters<typeof outcome>): Promise<string> {
      const found = await outcome(...how)
      return found.kind === 'refused' ? found.cause : 'none'
    }

    function compact(claims: object = {}): Promise<Buffer> {
      const exp = clock.nowMs() / 1000 + 60
      return signed(key, { alg: 'ES256', kid: 'k' }, { exp, iss: ISSUER, sub: 'a', ...claims })
    }

    const always = { introspection: { sampling: 1 } }

    it('a token that is good here must be active there too', async () => {
      const token = await compact()
      says({})
      assert.equal(await causeOf(token, always), 'none')
      introspections.answer = { kind: 'inactive' }
      assert.equal(await causeOf(token, always), 'token_inactive')
      introspections.answer = { kind: 'unavailable' }
      assert.equal(await causeOf(token, always), 'introspection_unavailable')
    })

    it('nobody is asked about a token that is bad, nor of one that is not sampled', async () => {
      assert.equal(await causeOf(await compact({ exp: 1 }), always), 'token_expired')
      assert.equal(await causeOf(await compact(), { introspection: { sampling: 0 } }), 'none')
      assert.equal(await causeOf(await compact(), {}), 'none')
      assert.deepEqual(introspections.asked, [])
    })

    it('a share of the tokens is asked about', async () => {
      const token = await compact()
      says({})
      const parts = realmParts({ verifier, clock, introspections })
      const realm = new JwtRealm(
        { ...model('first'), introspection: WAYS },
        rules({ introspection: { sampling: 0.3 } }),
        parts,
      )
      for (let client = 0; client < 1000; client++) await realm.authenticate(credentials({ password: token }))
      assert.ok(
        introspections.asked.length > 200 && introspections.asked.length < 400,
        `${introspections.asked.length}`,
      )
    })

    it('the answer must be about the same token, and may shorten its life', async () => {
      const token = await compact({ jti: 'j' })
      says({ sub: 'b' })
      assert.equal(await causeOf(token, always), 'introspection_mismatch')
      says({ cnf: { jkt: 'x' } })
      assert.equal(await causeOf(token, always), 'not_bearer')
      says({ iss: ISSUER, sub: 'a', jti: 'j', exp: clock.nowMs() / 1000 + 20 })
      const found = await outcome(token, { ...always, expGraceSeconds: 5 })
      assert.ok(found.kind === 'authenticated')
      assert.equal(found.expiresAtMs, clock.nowMs() + 25_000)
    })

    it('an opaque token is what the server says it is, checked by the same rules', async () => {
      const wanted = { issuers: [ISSUER], audience: 'mqtt', scope: { required: ['mqtt'], claim: 'scope' } }
      const opaque = Buffer.from('opaque-token_1~')
      const claims = { sub: 'a', aud: 'mqtt', scope: 'mqtt', exp: clock.nowMs() / 1000 + 60 }
      says(claims)
      const found = await outcome(opaque, wanted, { only: true })
      assert.ok(found.kind === 'authenticated')
      assert.equal(found.owner, await ownerOf({ iss: ISSUER, sub: 'a' }, { issuers: [ISSUER] }))
      assert.deepEqual(introspections.asked, ['first opaque-token_1~'])
      says({ ...claims, aud: 'other' })
      assert.equal(await causeOf(opaque, wanted, { only: true }), 'audience')
      says({ ...claims, iss: 'https://other.example' })
      assert.equal(await causeOf(opaque, wanted, { only: true }), 'issuer')
      says({ ...claims, exp: undefined })
      assert.equal(await causeOf(opaque, wanted, { only: true }), 'missing_expiry')
      introspections.answer = { kind: 'inactive' }
      assert.equal(await causeOf(opaque, wanted, { only: true }), 'token_inactive')
    })

    it('what has not the form of a token is asked about nowhere', async () => {
      assert.equal(await causeOf(Buffer.alloc(0), {}, { only: true }), 'no_token')
      assert.equal(await causeOf(Buffer.from('a b'), {}, { only: true }), 'token_malformed')
      assert.equal(await causeOf(Buffer.alloc(8 * 1024 + 1, 0x61), {}, { only: true }), 'token_too_large')
      assert.deepEqual(introspections.asked, [])
    })

    it('introspection needs an endpoint', () => {
      assert.throws(() => new JwtRealm(model('first'), rules(always), realmParts({ verifier, clock })), {
        code: 'CONFIGURATION',
      })
    })

    it('a revoked token is refused, and one that is revoked later is known to be', async () => {
      const token = await compact({ jti: 'j' })
      const found = await outcome(token, {})
      assert.ok(found.kind === 'authenticated')
      assert.equal(found.standing?.revoked(), false)
      const nowMs = clock.nowMs()
      revocations.add({ kind: 'jti', value: 'j', issuer: ISSUER, revokedAtMs: nowMs, untilMs: nowMs + 60_000 }, nowMs)
      assert.equal(found.standing.revoked(), true)
      assert.equal(await causeOf(token, {}), 'token_revoked')
      assert.equal(await causeOf(await compact({ jti: 'k' }), {}), 'none')
    })

    it('a connected client is asked about again where that is wanted, and a silent server says nothing against it', async () => {
      const token = await compact()
      const once = await outcome(token, {})
      assert.ok(once.kind === 'authenticated')
      assert.equal(once.standing?.recheckMs, undefined)
      const again = await outcome(token, {}, { againSeconds: 30 })
      assert.ok(again.kind === 'authenticated')
      assert.equal(again.standing?.recheckMs, 30_000)
      assert.equal(await again.standing.holds(), true)
      introspections.answer = { kind: 'inactive' }
      assert.equal(await again.standing.holds(), false)
    })

    it('a connection that is to outlive its token has no end', async () => {
      const found = await outcome(await compact(), { staysAfterExpiry: true })
      assert.ok(found.kind === 'authenticated')
      assert.equal(found.expiresAtMs, undefined)
    })
  })
})
