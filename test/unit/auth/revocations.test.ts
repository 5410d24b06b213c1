import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Revocations, type Revocation } from '../../../src/auth/revocations.ts'
import { tokenIdentity, type TokenIdentity } from '../../../src/auth/token-identity.ts'

const NOW = 1_700_000_000_000
const TOKEN: TokenIdentity = tokenIdentity(
  { iss: 'https://a', sub: 's', client_id: 'c', jti: 'j', sid: 'i', iat: NOW / 1000 - 10 },
  undefined,
)

function revocation(more: Partial<Revocation>): Revocation {
  return { kind: 'jti', value: 'j', issuer: undefined, revokedAtMs: NOW, untilMs: NOW + 1000, ...more }
}

function covers(more: Partial<Revocation>, token: Partial<TokenIdentity> = {}, nowMs = NOW): boolean {
  const revocations = new Revocations()
  assert.ok(revocations.add(revocation(more), NOW))
  return revocations.covers({ ...TOKEN, ...token }, nowMs)
}

describe('revocations', () => {
  it('cover a token by each of its names, and no other token', () => {
    for (const [kind, value] of [
      ['jti', 'j'],
      ['sub', 's'],
      ['client', 'c'],
      ['sid', 'i'],
      ['issuer', 'https://a'],
    ] as const) {
      assert.ok(covers({ kind, value }), kind)
      assert.ok(!covers({ kind, value: `${value}x` }), kind)
    }
    assert.ok(!covers({ kind: 'sub', value: 'c' }))
  })

  it('of one issuer leave the same name of another alone', () => {
    assert.ok(covers({ kind: 'sub', value: 's', issuer: 'https://a' }))
    assert.ok(!covers({ kind: 'sub', value: 's', issuer: 'https://b' }))
  })

  it('of a subject mean the tokens issued up to then; one without a time of issue may be one of them', () => {
    assert.ok(covers({ kind: 'sub', value: 's' }, { issuedAtMs: NOW }))
    assert.ok(!covers({ kind: 'sub', value: 's' }, { issuedAtMs: NOW + 1 }))
    assert.ok(covers({ kind: 'sub', value: 's' }, { issuedAtMs: undefined }))
    assert.ok(covers({ kind: 'jti', value: 'j' }, { issuedAtMs: NOW + 1 }))
  })

  it('end with their tokens', () => {
    assert.ok(covers({}, {}, NOW + 999))
    assert.ok(!covers({}, {}, NOW + 1000))
    const revocations = new Revocations()
    revocations.add(revocation({}), NOW)
    assert.deepEqual(revocations.list(NOW + 1000), [])
    assert.equal(revocations.size, 0)
  })

  it('that come twice hold until the later end, and mean the tokens up to the later time', () => {
    const revocations = new Revocations()
    revocations.add(revocation({ untilMs: NOW + 2000, revokedAtMs: NOW + 5 }), NOW)
    revocations.add(revocation({ untilMs: NOW + 1000 }), NOW)
    assert.deepEqual(revocations.like(revocation({})), revocation({ untilMs: NOW + 2000, revokedAtMs: NOW + 5 }))
    assert.equal(revocations.like(revocation({ value: 'other' })), undefined)
    assert.ok(revocations.covers(TOKEN, NOW + 1999))
    assert.equal(revocations.size, 1)
  })

  it('are 100,000 at most; what has passed makes room', () => {
    const revocations = new Revocations()
    for (let number = 0; number < 100_000; number++) {
      assert.ok(revocations.add(revocation({ value: `${number}` }), NOW))
    }
    assert.ok(!revocations.add(revocation({ value: 'one too many' }), NOW))
    assert.ok(revocations.add(revocation({ value: '7' }), NOW))
    assert.ok(revocations.add(revocation({ value: 'later', untilMs: NOW + 5000 }), NOW + 1000))
    assert.equal(revocations.size, 1)
  })
})
