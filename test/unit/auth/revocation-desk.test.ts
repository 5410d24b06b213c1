import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import type { LogoutIssuer } from '../../../src/auth/logout-token.ts'
import { RevocationDesk, type RevocationFault } from '../../../src/auth/revocation-desk.ts'
import { Revocations, type Revocation } from '../../../src/auth/revocations.ts'
import { tokenIdentity } from '../../../src/auth/token-identity.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { FakeKeySets, issuerKey, signed, token, type IssuerKey } from './token-fixtures.ts'

const ISSUER = 'https://issuer.example'
const EVENTS = { 'http://schemas.openid.net/event/backchannel-logout': {} }
const DAY_MS = 24 * 60 * 60 * 1000

describe('the revocation desk', () => {
  let key: IssuerKey
  let clock: FakeClock
  let log: RecordingLog
  let keySets: FakeKeySets
  let revocations: Revocations
  let spread: Revocation[]
  let kept: boolean
  let desk: RevocationDesk

  before(async () => {
    key = await issuerKey('ES256', 'k')
  })
  beforeEach(() => {
    clock = new FakeClock()
    log = new RecordingLog()
    keySets = new FakeKeySets()
    keySets.publish('r', key.jwk)
    revocations = new Revocations()
    spread = []
    kept = true
    desk = deskOf({ issuer: ISSUER, realm: 'r', audiences: ['mqtt'] })
  })

  function deskOf(issuer: LogoutIssuer, adminToken: string | undefined = 'the-admin-secret'): RevocationDesk {
    const add = (added: readonly Revocation[]): void => void spread.push(...added)
    const keep = (): Promise<boolean> => Promise.resolve(kept)
    return new RevocationDesk({
      revocations,
      keySets,
      issuers: () => [issuer],
      adminToken,
      clock,
      log,
      spread: add,
      keep,
    })
  }

  function revoked(claims: object): boolean {
    const identity = tokenIdentity({ iss: ISSUER, iat: clock.nowMs() / 1000 - 5, jti: 'j', ...claims }, undefined)
    return revocations.covers(identity, clock.nowMs())
  }

  it('knows its secret, and nothing while it has none', () => {
    assert.ok(desk.knows('the-admin-secret'))
    for (const secret of ['', 'the-admin-secre', 'the-admin-secrets']) assert.ok(!desk.knows(secret))
    const open = new RevocationDesk({
      revocations,
      keySets,
      issuers: () => [],
      adminToken: undefined,
      clock,
      log,
      spread: () => undefined,
      keep: () => Promise.resolve(true),
    })
    for (const secret of ['', 'undefined']) assert.ok(!open.knows(secret))
  })

  it('revokes by one name, of one issuer or of any, and tells the workers', async () => {
    assert.equal(await desk.revoke(new URLSearchParams({ sub: 'a', issuer: ISSUER })), undefined)
    assert.ok(revoked({ sub: 'a' }))
    assert.ok(!revoked({ sub: 'b' }))
    assert.ok(!revoked({ sub: 'a', iss: 'https://other.example' }))
    assert.equal(await desk.revoke(new URLSearchParams({ client: 'c', expires_in: '60' })), undefined)
    assert.ok(revoked({ client_id: 'c', iss: 'https://other.example' }))
    assert.equal(await desk.revoke(new URLSearchParams({ issuer: 'https://other.example' })), undefined)
    assert.ok(revoked({ iss: 'https://other.example' }))
    assert.deepEqual(
      spread.map(({ kind, value, untilMs }) => [kind, value, untilMs - clock.nowMs()]),
      [
        ['sub', 'a', 7 * DAY_MS],
        ['client', 'c', 60_000],
        ['issuer', 'https://other.example', 7 * DAY_MS],
      ],
    )
  })

  it('says so when what holds here could not be stored', async () => {
    kept = false
    assert.equal((await desk.revoke(new URLSearchParams({ sub: 'a' })))?.kind, 'not-kept')
    assert.ok(revoked({ sub: 'a' }))
    assert.equal(spread.length, 1)
  })

  it('says what is wrong with a form, and revokes nothing', async () => {
    for (const form of [
      '',
      'sub=',
      'sub=a&jti=b',
      'subject=a',
      'sub=a&expires_in=0',
      'sub=a&expires_in=x',
      'issuer=',
    ]) {
      assert.equal((await desk.revoke(new URLSearchParams(form)))?.kind, 'wrong', form)
    }
    assert.equal((await desk.revoke(new URLSearchParams({ sub: 'a'.repeat(5000) })))?.kind, 'wrong')
    assert.deepEqual(spread, [])
  })

  it('revokes a token that it is shown, by its jti or as it is spelled', async () => {
    const exp = clock.nowMs() / 1000 + 60
    assert.equal(
      await desk.revokeToken(token({ alg: 'RS256' }, { iss: ISSUER, jti: 'shown', exp }).toString()),
      undefined,
    )
    assert.ok(revoked({ jti: 'shown' }))
    assert.ok(!revoked({ jti: 'shown', iss: 'https://other.example' }))
    assert.equal(await desk.revokeToken('opaque'), undefined)
    assert.ok(revocations.covers(tokenIdentity({}, Buffer.from('opaque')), clock.nowMs()))
    assert.ok(!revocations.covers(tokenIdentity({}, Buffer.from('opaque2')), clock.nowMs()))
    assert.equal((await desk.revokeToken(''))?.kind, 'wrong')
    assert.doesNotMatch(JSON.stringify(log.entries), /opaque/)
  })

  describe('shown a logout token', () => {
    function logoutToken(claims: object = {}, header: object = {}, by = key): Promise<Buffer> {
      const now = clock.nowMs() / 1000
      const usual = { iss: ISSUER, aud: 'mqtt', iat: now, exp: now + 120, jti: 'x', events: EVENTS, sub: 'a' }
      return signed(by, { alg: 'ES256', kid: 'k', typ: 'logout+jwt', ...header }, { ...usual, ...claims })
    }

    async function answer(claims: object = {}, header: object = {}, by = key): Promise<RevocationFault | undefined> {
      return desk.logout((await logoutToken(claims, header, by)).toString())
    }

    it('revokes what the user has got until then', async () => {
      assert.equal(await answer(), undefined)
      assert.ok(revoked({ sub: 'a' }))
      assert.ok(!revoked({ sub: 'b' }))
      assert.ok(!revoked({ sub: 'a', iss: 'https://other.example' }))
      assert.ok(!revoked({ sub: 'a', iat: clock.nowMs() / 1000 + 1 }))
    })

    it('revokes one session of the user, and what does not say to which it belongs', async () => {
      assert.equal(await answer({ sid: 's' }), undefined)
      assert.ok(revoked({ sub: 'a', sid: 's' }))
      assert.ok(revoked({ sub: 'a' }))
      assert.ok(!revoked({ sub: 'a', sid: 't' }))
    })

    it('fetches a key that is new', async () => {
      keySets.publish('r')
      keySets.onRefresh = () => Promise.resolve(keySets.publish('r', key.jwk))
      assert.equal(await answer(), undefined)
      assert.deepEqual(keySets.refreshed, ['k'])
    })

    it('refuses everything that is none (OpenID Connect Back-Channel Logout 1.0, 2.6)', async () => {
      const stranger = await issuerKey('ES256', 'k')
      const now = clock.nowMs() / 1000
      const wrong: readonly (readonly [object, object?, IssuerKey?])[] = [
        [{}, {}, stranger],
        [{}, { typ: 'at+jwt' }],
        [{}, { alg: 'none' }],
        [{ iss: 'https://other.example' }],
        [{ aud: 'other' }],
        [{ aud: undefined }],
        [{ iat: undefined }],
        [{ iat: now + 60 }],
        [{ iat: now - 601 }],
        [{ exp: now }],
        [{ events: undefined }],
        [{ events: { other: {} } }],
        [{ nonce: 'n' }],
        [{ sub: undefined }],
      ]
      for (const [claims, header, by] of wrong) {
        const said = await answer(claims, header, by)
        assert.equal(said?.kind, 'wrong', `${JSON.stringify(claims)} ${JSON.stringify(header)}`)
      }
      assert.equal((await desk.logout(''))?.kind, 'wrong')
      assert.deepEqual(spread, [])
    })
  })
})
