import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { KeySet } from '../../../src/auth/key-set.ts'
import { issuerKey, type IssuerKey } from './token-fixtures.ts'
import type { SignatureAlgorithm } from '../../../src/auth/signature-algorithm.ts'
import type { PublicJwk } from '../../../src/ports/key-sets.ts'

function keySet(...keys: readonly PublicJwk[]): KeySet {
  return new KeySet({ realm: 'r', keys, fetchedAtMs: 0 })
}

function selected(keys: readonly PublicJwk[], algorithm: SignatureAlgorithm, kid: string | undefined): string {
  const key = keySet(...keys).select({ kind: 'header', algorithm, kid })
  return key.kind === 'key' ? key.id : key.cause
}

function rsaJwk(bits: number): PublicJwk {
  return { ...generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }), kid: 'k1' }
}

describe('a key set', () => {
  let rsa: IssuerKey
  let rsa2: IssuerKey
  let p256: IssuerKey
  let p384: IssuerKey
  let ed: IssuerKey

  before(async () => {
    rsa = await issuerKey('RS256', 'k1')
    rsa2 = await issuerKey('RS256', 'k2')
    p256 = await issuerKey('ES256', 'k1')
    p384 = await issuerKey('ES384', 'k1')
    ed = await issuerKey('Ed25519', 'k1')
  })

  it('names a key by its RFC 7638 thumbprint', async () => {
    for (const [key, algorithm] of [
      [rsa, 'RS256'],
      [p256, 'ES256'],
      [ed, 'Ed25519'],
    ] as const) {
      const id = await calculateJwkThumbprint({ ...key.jwk, kty: String(key.jwk['kty']) })
      assert.equal(selected([key.jwk], algorithm, 'k1'), id)
      assert.ok(keySet(key.jwk).has(id))
    }
  })

  it('gives the key that has the kid', () => {
    const keys = [rsa.jwk, rsa2.jwk]
    assert.notEqual(selected(keys, 'RS256', 'k1'), selected(keys, 'RS256', 'k2'))
    assert.equal(selected(keys, 'RS256', 'k3'), 'unknown_kid')
    assert.equal(selected(keys, 'RS256', 'K1'), 'unknown_kid')
  })

  it('gives of keys with one kid the one whose type fits', () => {
    const keys = [rsa.jwk, p256.jwk, p384.jwk, ed.jwk]
    const found = (['PS512', 'ES256', 'ES384', 'Ed25519'] as const).map(alg => selected(keys, alg, 'k1'))
    assert.equal(new Set(found).size, 4)
    assert.equal(selected(keys, 'ES512', 'k1'), 'key_unsuitable')
  })

  it('refuses a choice between keys', () => {
    assert.equal(selected([rsa.jwk, { ...rsa2.jwk, kid: 'k1' }], 'RS256', 'k1'), 'no_kid_ambiguous')
    assert.equal(selected([rsa.jwk, rsa2.jwk], 'RS256', undefined), 'no_kid_ambiguous')
  })

  it('gives the only key that fits to a token without kid', () => {
    const id = selected([rsa.jwk], 'RS256', 'k1')
    assert.equal(selected([rsa.jwk, p256.jwk], 'RS256', undefined), id)
    assert.equal(selected([rsa.jwk, { ...rsa.jwk, kid: 'same key again' }], 'RS256', undefined), id)
    assert.equal(selected([p256.jwk], 'RS256', undefined), 'key_unsuitable')
  })

  it('keeps a key to its algorithm, EdDSA and Ed25519 being one', () => {
    assert.equal(selected([{ ...rsa.jwk, alg: 'RS256' }], 'PS256', 'k1'), 'key_unsuitable')
    assert.equal(selected([{ ...rsa.jwk, alg: 'HS256' }], 'RS256', 'k1'), 'key_unsuitable')
    assert.equal(selected([{ ...rsa.jwk, alg: 'RSA-OAEP' }], 'RS256', 'k1'), 'key_unsuitable')
    assert.equal(selected([{ ...ed.jwk, alg: 'EdDSA' }], 'Ed25519', 'k1'), selected([ed.jwk], 'Ed25519', 'k1'))
  })

  it('leaves out keys that are not for verifying signatures', () => {
    for (const more of [{ use: 'enc' }, { use: 1 }, { key_ops: ['sign'] }, { key_ops: [] }, { key_ops: 'verify' }]) {
      assert.equal(selected([{ ...rsa.jwk, ...more }], 'RS256', 'k1'), 'key_unsuitable', JSON.stringify(more))
      assert.equal(keySet({ ...rsa.jwk, ...more }).size, 0)
    }
    assert.equal(keySet({ ...rsa.jwk, use: 'sig', key_ops: ['verify', 'wrapKey'] }).size, 1)
  })

  it('leaves out secret, small, incomplete and foreign keys', () => {
    assert.equal(selected([rsaJwk(1024)], 'RS256', 'k1'), 'key_unsuitable')
    assert.equal(selected([rsaJwk(2047)], 'RS256', 'k1'), 'key_unsuitable')
    assert.notEqual(selected([rsaJwk(2048)], 'RS256', 'k1'), 'key_unsuitable')
    for (const jwk of [
      { kty: 'oct', k: 'c2VjcmV0' },
      { kty: 'RSA', n: '', e: 'AQAB' },
      { kty: 'RSA', n: 'AAAA', e: 'AQAB' },
      { kty: 'RSA', n: rsa.jwk['n'] },
      { kty: 'RSA', n: rsa.jwk['n'], e: 'A'.repeat(400) },
      { kty: 'EC', crv: 'P-256', x: p256.jwk['x'] },
      { ...p256.jwk, crv: 'secp256k1' },
      { ...ed.jwk, crv: 'Ed448' },
      { ...ed.jwk, crv: 'X25519' },
      { kty: ['RSA'], n: rsa.jwk['n'], e: 'AQAB' },
      {},
    ]) {
      assert.equal(keySet({ ...jwk, kid: 'k1' }).size, 0, JSON.stringify(jwk))
    }
  })

  it('carries only the public members on', () => {
    const key = keySet({ ...p256.jwk, d: 'private', x5c: ['chain'] }).select({
      kind: 'header',
      algorithm: 'ES256',
      kid: 'k1',
    })
    assert.ok(key.kind === 'key')
    assert.deepEqual(Object.keys(key.jwk).sort(), ['crv', 'kty', 'x', 'y'])
  })

  it('looks at a hundred keys at most', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ ...rsa.jwk, kid: `k${index}` }))
    assert.equal(keySet(...many).size, 100)
    assert.equal(selected(many, 'RS256', 'k149'), 'unknown_kid')
  })
})
