import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { closedAccessLog } from '../../../src/auth/access-log.ts'
import { securityModelFromSettings, securityModelOfIssuers } from '../../../src/auth/environment-security-model.ts'
import type { JwtSettings } from '../../../src/auth/environment-security-model.ts'
import { jwtAuthenticators } from '../../../src/auth/jwt-authenticators.ts'
import { ListenerPipelines } from '../../../src/auth/pipeline.ts'
import { realmIds, withIds } from '../../../src/auth/realm-id.ts'
import type { AuthenticationManagerModel, IntrospectionModel, SecurityModel } from '../../../src/auth/security-model.ts'
import { TokenVerifier } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import type { Review } from '../../../src/ports/auth.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { peopleRealm } from '../../support/ese/security-file.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { credentials } from './credentials.ts'
import { FakeIntrospections, realmParts } from './realm-parts.ts'
import { FakeKeySets, issuerKey, LocalPool, signed, type IssuerKey } from './token-fixtures.ts'

const A: JwtSettings = {
  issuer: 'https://a.example',
  jwksUri: 'https://a.example/keys',
  audience: 'mqtt',
  scope: undefined,
  scopeClaim: undefined,
}
const B: JwtSettings = { ...A, issuer: 'https://b.example', jwksUri: 'https://b.example/keys' }
const ASKED: IntrospectionModel = { endpoint: 'https://a.example/ask', username: 'u', password: 'p' }

describe('a client with a token and a new configuration', () => {
  let key: IssuerKey
  let otherKey: IssuerKey
  let clock: FakeClock
  let keySets: FakeKeySets
  let introspections: FakeIntrospections
  let numbers: number

  before(async () => {
    key = await issuerKey('ES256', 'k')
    otherKey = await issuerKey('ES256', 'other')
  })
  beforeEach(() => {
    clock = new FakeClock()
    keySets = new FakeKeySets()
    introspections = new FakeIntrospections()
    numbers = 0
  })

  function token(claims: object = {}): Promise<Buffer> {
    const exp = clock.nowMs() / 1000 + 60
    return signed(key, { alg: 'ES256', kid: 'k' }, { iss: A.issuer, sub: 's', aud: ['mqtt', 'more'], exp, ...claims })
  }

  function doorOf(model: SecurityModel): ListenerPipelines {
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    const log = new RecordingLog()
    const verifier = new TokenVerifier({ keySets, pool: new LocalPool(), clock, endOfTick, log })
    const parts = realmParts({ verifier, clock, introspections })
    return new ListenerPipelines({
      model,
      jwtAuthenticator: jwtAuthenticators(parts, { clientIdClaim: undefined, usernameClaim: undefined }),
      passwords: { verify: async () => 'right' },
      accessLog: closedAccessLog,
      log,
      random: new FakeRandom(1),
      clock,
    })
  }

  /** What a client that `earlier` has let in is told of `later`, whose realms that are new have these keys. */
  async function reviewed(
    earlier: SecurityModel,
    later: SecurityModel,
    { password, newKeys = [key] }: { readonly password?: Buffer; readonly newKeys?: readonly IssuerKey[] } = {},
  ): Promise<Review> {
    for (const id of realmIds(earlier.realms)) keySets.publish(id, key.jwk)
    const door = doorOf(earlier)
    const admission = await door.admit(credentials({ password: password ?? (await token()) }))
    assert(admission.kind === 'admitted')
    const model = { ...later, realms: withIds(later.realms, earlier.realms, () => ++numbers) }
    const known = realmIds(earlier.realms)
    for (const id of realmIds(model.realms)) if (!known.has(id)) keySets.publish(id, ...newKeys.map(({ jwk }) => jwk))
    door.use(model)
    return admission.identity.standing?.review?.() ?? assert.fail('nothing is reviewed')
  }

  const stands = { kind: 'stands' }
  const refused = { kind: 'refused' }

  it('stands where its issuer is still there, alone or beside others', async () => {
    const one = securityModelFromSettings(A)
    const both = securityModelOfIssuers([A, B])
    for (const [earlier, later] of [
      [one, one],
      [one, both],
      [both, one],
      [both, securityModelOfIssuers([B, A])],
      [both, securityModelOfIssuers([A])],
    ] as const) {
      assert.deepEqual(await reviewed(earlier, later), stands)
    }
  })

  it('is refused where its issuer is gone', async () => {
    assert.deepEqual(await reviewed(securityModelOfIssuers([A, B]), securityModelOfIssuers([B])), refused)
    assert.deepEqual(await reviewed(securityModelFromSettings(A), securityModelFromSettings(B)), refused)
  })

  it('stands by its claims under other rules, and is refused where they do not fit any more', async () => {
    const earlier = securityModelFromSettings(A)
    assert.deepEqual(await reviewed(earlier, securityModelFromSettings({ ...A, audience: 'more' })), stands)
    for (const change of [{ audience: 'other' }, { scope: 'mqtt' }, { lifetimeSecondsMax: 30 }]) {
      assert.deepEqual(await reviewed(earlier, securityModelFromSettings({ ...A, ...change })), refused)
    }
  })

  it('stands by its key where the keys come from elsewhere, and is refused where they lack it', async () => {
    const earlier = securityModelFromSettings(A)
    const later = securityModelFromSettings({ ...A, jwksUri: 'https://a.example/other-keys' })
    assert.deepEqual(await reviewed(earlier, later, { newKeys: [otherKey, key] }), stands)
    assert.deepEqual(await reviewed(earlier, later, { newKeys: [otherKey] }), refused)
  })

  it('is given its end anew where the grace is another', async () => {
    const exp = clock.nowMs() / 1000 + 60
    const earlier = securityModelFromSettings({ ...A, expGraceSeconds: 100 })
    const review = await reviewed(earlier, securityModelFromSettings({ ...A, expGraceSeconds: 10 }))
    assert(review.kind === 'stands')
    assert.equal(review.identity?.expiresAtMs, (exp + 10) * 1000)
    assert.equal(review.identity?.owner, JSON.stringify({ issuer: A.issuer, subject: 's' }))
  })

  it('is refused where the grace that it lives on is gone', async () => {
    const late = await token({ exp: clock.nowMs() / 1000 - 5 })
    const earlier = securityModelFromSettings({ ...A, expGraceSeconds: 100 })
    assert.deepEqual(await reviewed(earlier, securityModelFromSettings(A), { password: late }), refused)
  })

  it('is refused where its issuer is to be asked about it from now on', async () => {
    introspections.answer = { kind: 'active', claims: {} }
    const plain = securityModelFromSettings(A)
    const asked = (sampling: number, model = ASKED): SecurityModel =>
      securityModelFromSettings({ ...A, introspection: model, introspectionUse: { sampling } })
    assert.deepEqual(await reviewed(plain, asked(1)), refused)
    assert.deepEqual(await reviewed(asked(0.5), asked(1)), refused)
    assert.deepEqual(await reviewed(asked(1), asked(1, { ...ASKED, endpoint: 'https://c.example/ask' })), refused)
    assert.deepEqual(await reviewed(asked(1), asked(1, { ...ASKED, password: 'new' })), stands)
    assert.deepEqual(await reviewed(asked(1), plain), stands)
    // Its text is not there to be asked about every now and then.
    assert.deepEqual(await reviewed(asked(1), asked(1, { ...ASKED, againSeconds: 5 })), refused)
  })

  it('is asked about in its new realm from now on', async () => {
    introspections.answer = {
      kind: 'active',
      claims: { iss: A.issuer, sub: 's', aud: 'mqtt', exp: clock.nowMs() / 1000 + 60 },
    }
    const only = (change: Partial<IntrospectionModel>): SecurityModel =>
      securityModelFromSettings({ ...A, introspection: { ...ASKED, only: true, againSeconds: 5, ...change } })
    const password = Buffer.from('opaque')
    const review = await reviewed(only({}), only({ password: 'new', againSeconds: 7 }), { password })
    assert(review.kind === 'stands' && review.identity?.standing !== undefined)
    assert.equal(review.identity.standing.recheckMs, 7_000)
    assert.equal(await review.identity.standing.holds(), true)
    assert.deepEqual(introspections.asked, ['default opaque', 'default~1 opaque'])
    const elsewhere = { endpoint: 'https://a.example/ask-2' }
    assert.deepEqual(await reviewed(only({}), only(elsewhere), { password }), refused)
    assert.deepEqual(await reviewed(only({}), securityModelFromSettings(A), { password }), refused)
  })

  it('of a chain is held against each manager of the new one', async () => {
    const model = (...kinds: readonly AuthenticationManagerModel['kind'][]): SecurityModel => {
      const plain = securityModelFromSettings(A)
      const [pipeline] = plain.pipelines
      assert(pipeline !== undefined)
      const managers = kinds.map((kind): AuthenticationManagerModel => {
        if (kind === 'jwt') return pipeline.authentication
        return kind === 'file' ? { kind, realm: 'People' } : { kind: 'allow-all' }
      })
      const authentication = { kind: 'chain', strategy: 'unknown-key', managers } as const
      return { ...plain, fileRealms: [peopleRealm()], pipelines: [{ ...pipeline, authentication }] }
    }
    assert.deepEqual(await reviewed(securityModelFromSettings(A), model('file', 'jwt')), stands)
    assert.deepEqual(await reviewed(model('jwt', 'file'), model('file', 'jwt')), stands)
    assert.deepEqual(await reviewed(model('jwt', 'file'), model('file')), refused)
    assert.deepEqual(await reviewed(model('jwt', 'file'), model('allow-all', 'jwt')), refused)
    const user = credentials({ username: 'plain', password: Buffer.from('in the clear') })
    const door = doorOf(model('file', 'jwt'))
    const admission = await door.admit(user)
    assert(admission.kind === 'admitted')
    door.use(model('jwt', 'file'))
    assert.deepEqual(admission.identity.standing?.review?.(), stands)
    const changed = model('jwt', 'file')
    const users = peopleRealm().users.filter(({ name }) => name !== 'plain')
    door.use({ ...changed, fileRealms: [{ ...peopleRealm(), users }] })
    assert.deepEqual(admission.identity.standing?.review?.(), refused)
  })
})
