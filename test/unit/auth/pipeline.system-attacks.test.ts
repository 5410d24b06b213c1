import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AttackedDoor, ISSUER, OTHER_ISSUER, type AttackedDoorOptions } from './attacked-door.ts'
import { issuerKey, withFlippedBit, type IssuerKey } from './token-fixtures.ts'
import { Revocations } from '../../../src/auth/revocations.ts'
import type { Admission } from '../../../src/ports/auth.ts'

const FLOOD = 200
const RATE_EXCEEDED = 0x9f

let key: IssuerKey
let otherKey: IssuerKey

before(async () => {
  key = await issuerKey('ES256', 'k')
  otherKey = await issuerKey('ES256', 'k')
})

function attackedDoor(options: AttackedDoorOptions = {}): AttackedDoor {
  const attacked = new AttackedDoor(options)
  attacked.keySets.publish(ISSUER, key.jwk)
  attacked.keySets.publish(OTHER_ISSUER, otherKey.jwk)
  return attacked
}

function tokens(attacked: AttackedDoor, count: number, more: object = {}, by = key): Promise<readonly Buffer[]> {
  return Promise.all(Array.from({ length: count }, (_, jti) => attacked.token(by, { jti: `t${jti}`, ...more })))
}

async function forged(attacked: AttackedDoor, count = FLOOD): Promise<readonly Buffer[]> {
  return (await tokens(attacked, count)).map(password => withFlippedBit(password))
}

function tally(causes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const cause of causes) counts[cause] = (counts[cause] ?? 0) + 1
  return counts
}

function causeOf(admission: Admission): string {
  return admission.kind === 'refused' ? admission.cause : 'admitted'
}

describe('a flood of forged tokens from one address', () => {
  it('is looked at for a minute’s worth, then answered 0x9F before any work, and logged once (lavinmq#2077)', async () => {
    const attacked = attackedDoor({ failuresPerAddress: 1 })
    const first = await attacked.causes(await forged(attacked, 60))
    assert.deepEqual(tally(first), { bad_signature: 60 })
    const looked = attacked.signatures
    const logged = attacked.log.entries.filter(({ level }) => level !== 'debug').length
    const second = await attacked.causes(await forged(attacked))
    assert.deepEqual(tally(second), { address_over_budget: FLOOD })
    assert.equal(attacked.signatures, looked)
    const told = attacked.log.entries.filter(({ level }) => level !== 'debug').slice(logged)
    assert.deepEqual(
      told.map(({ level, event }) => [level, event]),
      [['warn', 'too many bad tokens or passwords from one address']],
    )
    const refused = await attacked.show((await forged(attacked, 1))[0])
    assert.ok(refused.kind === 'refused')
    assert.equal(refused.reasonCode, RATE_EXCEEDED)
  })

  it('refuses no token that is known to be good, none from elsewhere, and none that a connected client shows', async () => {
    const attacked = attackedDoor({ failuresPerAddress: 1 })
    const [known, fresh, another] = await tokens(attacked, 3)
    await attacked.show(known)
    await attacked.causes(await forged(attacked, 60))
    assert.equal(causeOf(await attacked.show(known)), 'admitted')
    assert.equal(causeOf(await attacked.show(fresh)), 'address_over_budget')
    assert.equal(causeOf(await attacked.show(fresh, { again: true })), 'admitted')
    assert.equal(causeOf(await attacked.show(another, { remoteAddress: '192.0.2.9' })), 'admitted')
  })

  it('counts all addresses of an IPv6 site as one', async () => {
    const attacked = attackedDoor({ failuresPerAddress: 1 })
    const passwords = await forged(attacked, 61)
    for (const [at, password] of passwords.entries()) {
      const admission = await attacked.show(password, { remoteAddress: `2001:db8:0:1::${at.toString(16)}` })
      assert.equal(causeOf(admission), at < 60 ? 'bad_signature' : 'address_over_budget')
    }
  })

  it('ends: good tokens are looked at again a moment later', async () => {
    const attacked = attackedDoor({ failuresPerAddress: 1 })
    const [fresh] = await tokens(attacked, 1)
    await attacked.causes(await forged(attacked, 60))
    attacked.clock.advance(1000)
    assert.equal(causeOf(await attacked.show(fresh)), 'admitted')
  })
})

describe('an honest fleet behind one address', () => {
  it('is never over its budget, however many tokens have expired or are for others', async () => {
    const attacked = attackedDoor({ failuresPerAddress: 1 })
    const expired = await tokens(attacked, FLOOD, { exp: attacked.nowSeconds - 1 })
    assert.deepEqual(tally(await attacked.causes(expired)), { token_expired: FLOOD })
    const others = await tokens(attacked, FLOOD, { aud: 'api' })
    assert.deepEqual(tally(await attacked.causes(others)), { audience: FLOOD })
    const fresh = await tokens(attacked, FLOOD, { sub: 'fresh' })
    assert.deepEqual(tally(await attacked.causes(fresh)), { admitted: FLOOD })
  })
})

describe('a flood of forged tokens from everywhere', () => {
  const from = (attacked: AttackedDoor, passwords: readonly Buffer[]): Promise<readonly string[]> =>
    Promise.all(
      passwords.map(async (password, at) =>
        causeOf(await attacked.show(password, { remoteAddress: `192.0.2.${at % 250}` })),
      ),
    )

  it('is bounded for its issuer, logged once, and leaves other issuers and known tokens alone', async () => {
    const attacked = attackedDoor({ failuresPerIssuer: 1 })
    const [known] = await tokens(attacked, 1, { sub: 'known' })
    await attacked.show(known)
    await from(attacked, await forged(attacked, 60))
    const looked = attacked.signatures
    assert.deepEqual(tally(await from(attacked, await forged(attacked))), { issuer_over_budget: FLOOD })
    assert.equal(attacked.signatures, looked)
    const warnings = attacked.log.entries.filter(({ level }) => level === 'warn')
    assert.deepEqual(
      warnings.map(({ event }) => event),
      ['too many tokens of one issuer are bad'],
    )
    assert.equal(causeOf(await attacked.show(known)), 'admitted')
    const [other] = await tokens(attacked, 1, { iss: OTHER_ISSUER }, otherKey)
    assert.equal(causeOf(await attacked.show(other)), 'admitted')
  })

  it('is not remembered: a forged token does not block the good one, nor the good one let it in', async () => {
    const attacked = attackedDoor()
    const [good] = await tokens(attacked, 1)
    assert.ok(good !== undefined)
    for (let round = 0; round < 3; round++) {
      assert.equal(causeOf(await attacked.show(withFlippedBit(good))), 'bad_signature')
      assert.equal(causeOf(await attacked.show(good)), 'admitted')
    }
  })
})

describe('a key server that is asked for a key', () => {
  it('holds up no token of a known key, of this issuer or of another (peers 1.4, 21)', async () => {
    const attacked = attackedDoor()
    const asked = Promise.withResolvers<void>()
    attacked.keySets.onRefresh = () => asked.promise
    const waiting = attacked.causes(await tokens(attacked, FLOOD, {}, { ...key, jwk: { ...key.jwk, kid: 'new' } }))
    const known = await tokens(attacked, 5)
    const others = await tokens(attacked, 5, { iss: OTHER_ISSUER }, otherKey)
    assert.deepEqual(tally(await attacked.causes([...known, ...others])), { admitted: 10 })
    asked.resolve()
    assert.deepEqual(tally(await waiting), { unknown_kid: FLOOD })
  })

  it('is never one that a token names (SSRF)', async () => {
    const attacked = attackedDoor()
    const named = ['http://169.254.169.254', 'file:///etc/passwd', 'https://issuer.example.evil.example']
    const header = { jku: 'http://169.254.169.254/keys', x5u: 'http://169.254.169.254/cert' }
    const passwords = await Promise.all(named.map(iss => attacked.token(key, { iss }, header)))
    assert.deepEqual(tally(await attacked.causes(passwords)), { issuer: 3 })
    assert.deepEqual(attacked.keySets.refreshed, [])
  })

  it('and has many keys: no token is tried against each of them (peers 1.4, 3)', async () => {
    const attacked = attackedDoor()
    const keys = await Promise.all(Array.from({ length: 20 }, (_, number) => issuerKey('ES256', `k${number}`)))
    attacked.keySets.publish(ISSUER, ...keys.map(({ jwk }) => jwk))
    const [first] = keys
    assert.ok(first !== undefined)
    const without = await attacked.token(first, {}, { kid: undefined })
    assert.equal(causeOf(await attacked.show(without)), 'no_kid_ambiguous')
    assert.equal(attacked.signatures, 0)
    const wrong = await attacked.token(key, {}, { kid: 'k7' })
    assert.equal(causeOf(await attacked.show(wrong)), 'bad_signature')
    assert.equal(attacked.signatures, 1)
  })
})

describe('a realm that cannot decide (peers 1.4, 1)', () => {
  it('hands nobody to the next manager, though that would let everybody in', async () => {
    const attacked = attackedDoor({
      authentication: jwt => ({ kind: 'chain', strategy: 'unknown-key', managers: [jwt, { kind: 'allow-all' }] }),
    })
    const [good] = await tokens(attacked, 1)
    assert.ok(good !== undefined)
    assert.equal(causeOf(await attacked.show(withFlippedBit(good))), 'bad_signature')
    attacked.keySets.publish(ISSUER)
    const unavailable = await attacked.show(good)
    assert.ok(unavailable.kind === 'refused')
    assert.deepEqual([unavailable.cause, unavailable.reasonCode], ['keys_unavailable', 0x88])
  })

  it('nor does one whose budget is spent', async () => {
    const attacked = attackedDoor({
      failuresPerAddress: 1,
      authentication: jwt => ({ kind: 'chain', strategy: 'unknown-key', managers: [jwt, { kind: 'allow-all' }] }),
    })
    await attacked.causes(await forged(attacked, 60))
    assert.deepEqual(tally(await attacked.causes(await forged(attacked, 3))), { address_over_budget: 3 })
  })
})

describe('what is known of a token', () => {
  it('outlives neither its exp nor its revocation, and counts for one issuer and rule only', async () => {
    const revocations = new Revocations()
    const attacked = attackedDoor({ parts: { revocations } })
    const [good, revoked] = await tokens(attacked, 2)
    assert.equal(causeOf(await attacked.show(good)), 'admitted')
    assert.equal(causeOf(await attacked.show(revoked)), 'admitted')
    const untilMs = attacked.clock.nowMs() + 3_600_000
    revocations.add(
      { kind: 'jti', value: 't1', issuer: undefined, revokedAtMs: attacked.clock.nowMs(), untilMs },
      attacked.clock.nowMs(),
    )
    assert.equal(causeOf(await attacked.show(revoked)), 'token_revoked')
    attacked.clock.advance(3_590_000)
    assert.equal(causeOf(await attacked.show(good)), 'token_expired')
  })

  it('bound to a Client Identifier is bound each time it is shown (peers 1.4, 15)', async () => {
    const attacked = attackedDoor({ bindClientId: 'sub' })
    const password = await attacked.token(key, { sub: 'token-client' })
    assert.equal(causeOf(await attacked.show(password)), 'admitted')
    assert.equal(causeOf(await attacked.show(password, { clientId: 'victim' })), 'custom_claim')
  })

  it('does not spill over to another session of the same subject (peers 1.4, 14)', async () => {
    const permissions = { kind: 'token', format: 'lists', claim: '' } as const
    const attacked = attackedDoor({ authorization: permissions })
    const wide = await attacked.show(await attacked.token(key, { publ: ['#'], subl: ['#'] }))
    const narrow = await attacked.show(await attacked.token(key, { publ: ['mine'], subl: [] }))
    assert.ok(wide.kind === 'admitted' && narrow.kind === 'admitted')
    assert.deepEqual(
      [wide.permissions.mayPublish('x', 0, false), narrow.permissions.mayPublish('x', 0, false)],
      [true, false],
    )
  })
})

describe('introspection under a flood', () => {
  const only = { realm: { introspection: { endpoint: '', username: 'u', password: 'p', only: true as const } } }

  it('is left alone for an address that has shown too many inactive tokens, but for answers at hand', async () => {
    const attacked = attackedDoor({ ...only, failuresPerAddress: 1 })
    attacked.introspections.answer = { kind: 'inactive' }
    assert.deepEqual(tally(await attacked.causes(await tokens(attacked, 60))), { token_inactive: 60 })
    assert.deepEqual(tally(await attacked.causes(await tokens(attacked, FLOOD))), { address_over_budget: FLOOD })
    assert.equal(attacked.introspections.asked.length, 60)
    attacked.introspections.known = { kind: 'active', claims: { ...attacked.claims() } }
    assert.deepEqual(tally(await attacked.causes(await tokens(attacked, 3))), { admitted: 3 })
    assert.equal(attacked.introspections.asked.length, 60)
  })
})
