import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { keyThumbprint, publicMembers } from '../../../src/auth/public-key.ts'
import { TokenVerifier, type TokenVerifierParts, type Verdict } from '../../../src/auth/token-verifier.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import {
  FakeKeySets,
  issuerKey,
  LocalPool,
  part,
  rules,
  signed,
  token,
  withFlippedBit,
  type IssuerKey,
} from './token-fixtures.ts'

const REALM = 'issuer'
const CONTEXT = { clientId: 'sensor-1', username: undefined }

let clock: FakeClock
let keySets: FakeKeySets
let pool: LocalPool
let log: RecordingLog
let verifier: TokenVerifier
let rsa: IssuerKey
let ec: IssuerKey
let nowSeconds: number

function setUp(more: Partial<TokenVerifierParts> = {}): void {
  clock = new FakeClock()
  nowSeconds = clock.nowMs() / 1000
  keySets = new FakeKeySets()
  pool = new LocalPool()
  log = new RecordingLog()
  const endOfTick = new EndOfTick(task => void setImmediate(task))
  verifier = new TokenVerifier({ keySets, pool, clock, endOfTick, log, ...more })
  keySets.publish(REALM, rsa.jwk, ec.jwk)
}

async function verdict(password: Buffer, wanted = rules(), realm = REALM): Promise<Verdict> {
  return verifier.verify(realm, password, wanted, CONTEXT)
}

async function causeOf(password: Buffer, wanted = rules(), realm = REALM): Promise<string> {
  const found = await verdict(password, wanted, realm)
  return found.kind === 'refused' ? found.cause : 'none'
}

function claims(more: object = {}): object {
  return { sub: 'sensor-1', exp: nowSeconds + 3600, ...more }
}

function good(key = ec, more: object = {}): Promise<Buffer> {
  return signed(key, { alg: key.alg, kid: key.jwk['kid'] }, claims(more))
}

before(async () => {
  rsa = await issuerKey('RS256', 'rsa-1')
  ec = await issuerKey('ES256', 'ec-1')
})
beforeEach(() => setUp())

describe('a signature', () => {
  it('is verified for every algorithm that is allowed', async () => {
    for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519']) {
      const key = await issuerKey(alg, alg)
      keySets.publish(REALM, key.jwk)
      const compact = await good(key)
      assert.equal(await causeOf(withFlippedBit(compact)), 'bad_signature', alg)
      assert.equal(await causeOf(compact), 'none', alg)
    }
  })

  it('is verified under both names of Ed25519, whichever the key has', async () => {
    const key = await issuerKey('Ed25519', 'ed')
    for (const keyAlg of ['EdDSA', 'Ed25519', undefined]) {
      keySets.publish(REALM, { ...key.jwk, alg: keyAlg })
      for (const alg of ['EdDSA', 'Ed25519']) {
        const compact = await signed(key, { alg, kid: 'ed' }, claims({ jti: `${keyAlg} ${alg}` }))
        assert.equal(await causeOf(compact), 'none', `${keyAlg} ${alg}`)
      }
    }
  })

  it('is refused after any flip of a bit in header, payload or signature', async () => {
    const compact = await good()
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: compact.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const flipped = Buffer.from(compact)
          flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at)
          assert.notEqual(await causeOf(flipped), 'none')
        },
      ),
    )
  })

  it('is not that of another key under the same kid, nor of another part', async () => {
    const other = await issuerKey('ES256', 'ec-1')
    assert.equal(await causeOf(await good(other)), 'bad_signature')
    const [header, , signature] = (await good()).toString().split('.')
    assert.equal(
      await causeOf(Buffer.from(`${header}.${part(claims({ sub: 'admin' }))}.${signature}`)),
      'bad_signature',
    )
  })

  it('of zeros, in DER, too short or too long is none', async () => {
    const header = { alg: 'ES256', kid: 'ec-1' }
    for (const signature of [
      Buffer.alloc(64),
      Buffer.alloc(1),
      Buffer.alloc(63, 1),
      Buffer.alloc(65, 1),
      Buffer.alloc(512, 9),
    ]) {
      assert.equal(await causeOf(token(header, claims(), signature)), 'bad_signature', String(signature.length))
    }
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    keySets.publish(REALM, { ...publicKey.export({ format: 'jwk' }), kid: 'ec-1' })
    const input = `${part(header)}.${part(claims())}`
    const der = sign('sha256', Buffer.from(input), privateKey)
    assert.equal(await causeOf(Buffer.from(`${input}.${part(der)}`)), 'bad_signature')
    const raw = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    assert.equal(await causeOf(Buffer.from(`${input}.${part(raw)}`)), 'none')
  })

  it('by HMAC with the public key as the secret is not allowed', async () => {
    const publicKey = createPublicKey({ key: { ...rsa.jwk, kty: 'RSA' }, format: 'jwk' })
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(rsa.jwk),
    ]
    for (const secret of secrets) {
      const input = `${part({ alg: 'HS256', kid: 'rsa-1' })}.${part(claims())}`
      const mac = createHmac('sha256', secret).update(input).digest()
      assert.equal(await causeOf(Buffer.from(`${input}.${part(mac)}`)), 'algorithm_not_allowed')
    }
  })

  it('is never verified with a key that the token brings along', async () => {
    const own = await issuerKey('ES256', 'own')
    const brought = { jwk: own.jwk, jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert', x5c: ['MIIB'] }
    assert.equal(await causeOf(await signed(own, { alg: 'ES256', kid: 'ec-1', ...brought }, claims())), 'bad_signature')
    assert.equal(await causeOf(await signed(own, { alg: 'ES256', kid: 'own', ...brought }, claims())), 'unknown_kid')
  })

  it('is not looked at with a key of another type, use or size', async () => {
    assert.equal(await causeOf(await signed(rsa, { alg: 'RS256', kid: 'ec-1' }, claims())), 'key_unsuitable')
    keySets.publish(REALM, { ...rsa.jwk, use: 'enc' }, ec.jwk)
    assert.equal(await causeOf(await good(rsa)), 'key_unsuitable')
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 })
    keySets.publish(REALM, { ...small.publicKey.export({ format: 'jwk' }), kid: 'small' }, ec.jwk)
    const input = `${part({ alg: 'RS256', kid: 'small' })}.${part(claims())}`
    const signature = sign('sha256', Buffer.from(input), small.privateKey)
    assert.equal(await causeOf(Buffer.from(`${input}.${part(signature)}`)), 'key_unsuitable')
    assert.equal(pool.batches.length, 0)
  })

  it('by a key that cannot be imported is refused for the key', async () => {
    keySets.publish(REALM, { ...ec.jwk, x: part(Buffer.alloc(32, 7)) }) // not on the curve
    assert.equal(await causeOf(await good()), 'key_unsuitable')
  })
})

describe('a token', () => {
  it('is verified with its claims and its end', async () => {
    const compact = await good(rsa, { aud: 'HiveMQ', scp: ['mqtt'] })
    const wanted = rules({ audience: 'HiveMQ', scope: { required: ['mqtt'], claim: 'scp' }, expGraceSeconds: 5 })
    assert.deepEqual(await verdict(compact, wanted), {
      kind: 'verified',
      claims: claims({ aud: 'HiveMQ', scp: ['mqtt'] }),
      expiresAtMs: (nowSeconds + 3605) * 1000,
      keyId: keyThumbprint(publicMembers(rsa.jwk) ?? assert.fail()),
    })
  })

  it('that is bad in itself is refused at once and without a signature being verified', () => {
    for (const [password, cause] of [
      [undefined, 'no_token'],
      [Buffer.from('password'), 'token_malformed'],
      [token({ alg: 'none' }, claims()), 'algorithm_not_allowed'],
      [token({ alg: 'ES256', crit: ['x'] }, claims()), 'unsupported_critical_header'],
      [token({ alg: 'ES256' }, claims({ exp: nowSeconds })), 'token_expired'],
      [token({ alg: 'ES256' }, claims({ cnf: { jkt: 'x' } })), 'not_bearer'],
      [token({ alg: 'ES256' }, claims({ aud: 'other' })), 'audience'],
    ] as const) {
      const found = verifier.verify(REALM, password, rules({ audience: 'HiveMQ' }), CONTEXT)
      assert.ok(!(found instanceof Promise) && found.kind === 'refused')
      assert.equal(found.cause, cause)
    }
    assert.equal(pool.batches.length, 0)
  })

  it('never rejects, whatever its parts hold', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('ES256', 'RS256', 'ec-1', 'rsa-1', 9_999_999_999))
    const header = fc.dictionary(fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', '__proto__'), value)
    const payload = fc.dictionary(fc.constantFrom('exp', 'nbf', 'iat', 'iss', 'aud', 'sub', 'cnf', '__proto__'), value)
    await fc.assert(
      fc.asyncProperty(header, payload, fc.uint8Array(), async (h, p, signature) => {
        assert.equal((await verdict(token(h, p, Buffer.from(signature)))).kind, 'refused')
      }),
    )
  })
})

describe('the keys of a realm', () => {
  it('are asked for again for a kid that is new, and the token waits', async () => {
    const next = await issuerKey('ES256', 'ec-2')
    keySets.onRefresh = async realm => keySets.publish(realm, next.jwk)
    assert.equal(await causeOf(await good(next)), 'none')
    assert.deepEqual(keySets.refreshed, ['ec-2'])
  })

  it('that lack the kid also after that refuse the token', async () => {
    const stranger = await issuerKey('ES256', 'stranger')
    assert.equal(await causeOf(await good(stranger)), 'unknown_kid')
    assert.deepEqual(keySets.refreshed, ['stranger'])
  })

  it('that lack a kid for which the issuer was not asked say nothing against the token', async () => {
    keySets.asked = false
    const stranger = await issuerKey('ES256', 'stranger')
    assert.equal(await causeOf(await good(stranger)), 'key_not_asked_for')
  })

  it('are not there: the token is refused for our fault', async () => {
    assert.equal(await causeOf(await good(), rules(), 'realm without keys'), 'keys_unavailable')
    keySets.publish(REALM)
    assert.equal(await causeOf(await good()), 'keys_unavailable')
  })

  it('are only those of the realm, also where two share a kid', async () => {
    const other = await issuerKey('ES256', 'ec-1')
    keySets.publish('other', other.jwk)
    const compact = await good()
    assert.equal(await causeOf(compact), 'none')
    assert.equal(await causeOf(compact, rules(), 'other'), 'bad_signature')
  })

  it('serve a token without kid when only one fits', async () => {
    const compact = await signed(ec, { alg: 'ES256' }, claims())
    assert.equal(await causeOf(compact), 'none')
    const second = await issuerKey('ES256', 'ec-2')
    keySets.publish(REALM, ec.jwk, second.jwk)
    assert.equal(await causeOf(await signed(ec, { alg: 'ES256' }, claims({ jti: 2 }))), 'no_kid_ambiguous')
    assert.deepEqual(keySets.refreshed, [])
  })
})

describe('a token that was verified', () => {
  it('is answered at once and not verified again', async () => {
    const compact = await good()
    const first = await verdict(compact)
    assert.deepEqual(verifier.verify(REALM, compact, rules(), CONTEXT), first)
    assert.equal(pool.batches.length, 1)
  })

  it('is checked against the rules and the client each time', async () => {
    const compact = await good()
    await verdict(compact)
    const strict = verifier.verify(REALM, compact, rules({ subject: '${mqtt-clientid}' }), {
      ...CONTEXT,
      clientId: 'thief',
    })
    assert.ok(!(strict instanceof Promise) && strict.kind === 'refused' && strict.cause === 'subject')
    const fitting = verifier.verify(REALM, compact, rules({ subject: '${mqtt-clientid}' }), CONTEXT)
    assert.ok(!(fitting instanceof Promise) && fitting.kind === 'verified')
  })

  it('ends with its expiry and not later', async () => {
    const compact = await good()
    assert.equal(await causeOf(compact), 'none')
    clock.advance(3_599_999)
    assert.equal(await causeOf(compact), 'none')
    clock.advance(1)
    assert.equal(await causeOf(compact), 'token_expired')
    assert.equal(await causeOf(compact, rules({ expGraceSeconds: 60 })), 'none')
  })

  it('is verified again once its key has gone or is another', async () => {
    const compact = await good()
    await verdict(compact)
    keySets.publish(REALM, rsa.jwk)
    assert.equal(await causeOf(compact), 'unknown_kid')
    const successor = await issuerKey('ES256', 'ec-1')
    keySets.publish(REALM, successor.jwk)
    assert.equal(await causeOf(compact), 'bad_signature')
    keySets.publish(REALM, ec.jwk)
    assert.equal(await causeOf(compact), 'none')
  })

  it('stays known when the set is fetched again with its key in it', async () => {
    const compact = await good()
    await verdict(compact)
    keySets.publish(REALM, { ...ec.jwk, use: 'sig' })
    assert.ok(!(verifier.verify(REALM, compact, rules(), CONTEXT) instanceof Promise))
  })

  it('does not vouch for a forgery of it', async () => {
    const compact = await good()
    await verdict(compact)
    assert.equal(await causeOf(withFlippedBit(compact)), 'bad_signature')
  })

  it('is forgotten when too many others are used', async () => {
    setUp({ cacheEntriesMax: 2 })
    const tokens = await Promise.all([1, 2, 3].map(jti => good(ec, { jti })))
    for (const compact of tokens) assert.equal(await causeOf(compact), 'none')
    const known = tokens.map(compact => !(verifier.verify(REALM, compact, rules(), CONTEXT) instanceof Promise))
    assert.deepEqual(known, [false, true, true])
  })

  it('and was refused is not remembered as bad', async () => {
    const compact = await good()
    const strangers = await issuerKey('ES256', 'x')
    keySets.publish(REALM, strangers.jwk)
    assert.equal(await causeOf(compact), 'unknown_kid')
    keySets.publish(REALM, ec.jwk)
    assert.equal(await causeOf(compact), 'none')
  })
})

describe('a storm of tokens', () => {
  it('costs one task of the pool in a tick', async () => {
    const tokens = await Promise.all(Array.from({ length: 40 }, (_, jti) => good(ec, { jti })))
    const verdicts = await Promise.all(tokens.map(compact => verdict(compact)))
    assert.ok(verdicts.every(found => found.kind === 'verified'))
    assert.deepEqual(
      pool.batches.map(batch => batch.length),
      [40],
    )
  })

  it('verifies a token once that comes twice at the same time, and checks the rules of each', async () => {
    const compact = await good()
    const [plain, strict] = await Promise.all([
      verdict(compact),
      verifier.verify(REALM, compact, rules({ subject: '${mqtt-clientid}' }), CONTEXT),
    ])
    assert.deepEqual([plain.kind, strict.kind], ['verified', 'verified'])
    assert.deepEqual(
      pool.batches.map(batch => batch.length),
      [1],
    )
  })

  it('is refused beyond what may wait, and only then', async () => {
    setUp({ pendingMax: 3 })
    const tokens = await Promise.all(Array.from({ length: 5 }, (_, jti) => good(ec, { jti })))
    const causes = await Promise.all(tokens.map(compact => causeOf(compact)))
    assert.deepEqual(causes, ['none', 'none', 'none', 'overloaded', 'overloaded'])
    assert.equal(verifier.pendingNow, 0)
    assert.deepEqual(await Promise.all(tokens.map(compact => causeOf(compact))), [
      'none',
      'none',
      'none',
      'none',
      'none',
    ])
  })

  it('is refused as internal when the pool fails, which is logged without a token', async () => {
    setUp({ pool: { concurrency: 1, verifyBatch: () => Promise.reject(new Error('thread died')) } })
    const compact = await good()
    assert.equal(await causeOf(compact), 'internal')
    assert.deepEqual(log.errors, ['Error: thread died'])
    assert.ok(!JSON.stringify(log.entries).includes(compact.toString().slice(-40)))
    assert.equal(verifier.pendingNow, 0)
  })
})

describe('what is kept of a realm', () => {
  it('is a token as long as its key is there, under the name of the realm that it was verified in', async () => {
    const compact = await good()
    assert.equal(await causeOf(compact), 'none')
    const id = keyThumbprint(publicMembers(ec.jwk) ?? assert.fail())
    assert.deepEqual([verifier.trusts(REALM, id), verifier.trusts('other', id)], [true, false])
    keySets.publish('other', rsa.jwk)
    assert.equal(await causeOf(compact, rules(), 'other'), 'unknown_kid')
  })

  it('is forgotten with the realm', async () => {
    assert.equal(await causeOf(await good()), 'none')
    verifier.retain(new Set(['other']))
    assert.equal(await causeOf(await good()), 'none', 'it is read again where it is there after all')
    assert.equal(verifier.pendingNow, 0)
  })
})
