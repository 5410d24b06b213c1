import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHeader } from '../../../src/auth/token-header.ts'
import type { JsonObject } from '../../../src/auth/json-object.ts'

function causeOf(header: JsonObject): string {
  const read = readHeader(header)
  return read.kind === 'refused' ? read.cause : 'none'
}

describe('the header of a token', () => {
  it('allows asymmetric signature algorithms and gives EdDSA its newer name', () => {
    for (const alg of ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519']) {
      assert.deepEqual(readHeader({ alg, kid: 'k1' }), { kind: 'header', algorithm: alg, kid: 'k1' })
    }
    assert.deepEqual(readHeader({ alg: 'EdDSA' }), { kind: 'header', algorithm: 'Ed25519', kid: undefined })
  })

  it('allows no other algorithm, and no algorithm of another type', () => {
    const others = ['none', 'None', 'nOnE', '', 'HS256', 'HS512', 'rs256', 'ES256K', 'RSA-OAEP', 'Ed448', 'dir', 'RS1']
    for (const alg of [...others, ['RS256'], 256, null, { toString: 'RS256' }, undefined]) {
      assert.equal(causeOf({ alg }), 'algorithm_not_allowed', JSON.stringify(alg))
    }
    assert.equal(causeOf({}), 'algorithm_not_allowed')
  })

  it('understands no critical extension', () => {
    for (const crit of [['exp'], [], ['b64'], 'b64', null]) {
      assert.equal(causeOf({ alg: 'RS256', crit, b64: false }), 'unsupported_critical_header', JSON.stringify(crit))
    }
  })

  it('takes a token for an access token unless its type says otherwise', () => {
    for (const typ of ['JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', undefined]) {
      assert.equal(causeOf({ alg: 'RS256', typ }), 'none', typ)
    }
    for (const typ of ['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'id_token+jwt', '', 1, null, ['JWT']]) {
      assert.equal(causeOf({ alg: 'RS256', typ }), 'not_access_token', JSON.stringify(typ))
    }
  })

  it('takes a kid for a name whatever is in it, but for nothing else than a name', () => {
    for (const kid of ['../../etc/passwd', "' OR 1=1 --", '__proto__', ' ', '\0', 'k'.repeat(512)]) {
      assert.deepEqual(readHeader({ alg: 'RS256', kid }), { kind: 'header', algorithm: 'RS256', kid })
    }
    for (const kid of [1, {}, [], null, true, '']) {
      assert.equal(causeOf({ alg: 'RS256', kid }), 'token_malformed', JSON.stringify(kid))
    }
    assert.equal(causeOf({ alg: 'RS256', kid: 'k'.repeat(10_000) }), 'unknown_kid')
  })
})
