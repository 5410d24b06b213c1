import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CLOCK_TOLERANCE_SECONDS, expiryMs } from '../../../src/auth/claim-time.ts'
import { checkClaims, type ClaimContext } from '../../../src/auth/claims.ts'
import { rules } from './token-fixtures.ts'
import type { JwtValidationModel } from '../../../src/auth/security-model.ts'

const NOW = 1_700_000_000
const CONTEXT: ClaimContext = { clientId: 'sensor-1', username: 'user-1' }

function causeOf(claims: string | object, wanted: Partial<JwtValidationModel> = {}, context = CONTEXT): string {
  const object = typeof claims === 'string' ? claims : JSON.stringify({ exp: NOW + 60, ...claims })
  return checkClaims(JSON.parse(object), rules(wanted), context, NOW * 1000)?.cause ?? 'none'
}

function scope(value: unknown, required: readonly string[] = ['mqtt'], claim = 'scope'): string {
  return causeOf({ [claim]: value }, { scope: { required, claim } })
}

function custom(found: unknown, value: string, context = CONTEXT): string {
  return causeOf({ device: found }, { customClaims: [{ name: 'device', value }] }, context)
}

describe('the time claims', () => {
  it('must have an expiry', () => {
    assert.equal(causeOf('{}'), 'missing_expiry')
    assert.equal(causeOf(`{"nbf":0,"iat":${NOW}}`), 'missing_expiry')
  })

  it('must be finite, plausible numbers', () => {
    for (const value of ['"1800000000"', 'null', 'true', '[1800000000]', '{}', '1e999', '-1', '1e300', '-1e999']) {
      assert.equal(causeOf(`{"exp":${value}}`), 'invalid_time_claim', `exp ${value}`)
      assert.equal(causeOf(`{"exp":${NOW + 60},"nbf":${value}}`), 'invalid_time_claim', `nbf ${value}`)
      assert.equal(causeOf(`{"exp":${NOW + 60},"iat":${value}}`), 'invalid_time_claim', `iat ${value}`)
    }
  })

  it('end the token at exp itself, without tolerance', () => {
    assert.equal(causeOf({ exp: NOW + 0.001 }), 'none')
    for (const exp of [NOW, NOW - 1, 0]) assert.equal(causeOf({ exp }), 'token_expired')
  })

  it('end the token after the grace that is configured', () => {
    assert.equal(causeOf({ exp: NOW - 299 }, { expGraceSeconds: 300 }), 'none')
    assert.equal(causeOf({ exp: NOW - 300 }, { expGraceSeconds: 300 }), 'token_expired')
    assert.equal(expiryMs({ exp: NOW }, 300), (NOW + 300) * 1000)
  })

  it('begin the token at nbf, and not before iat, with a small tolerance for clocks', () => {
    assert.equal(causeOf({ nbf: NOW + CLOCK_TOLERANCE_SECONDS, iat: NOW + CLOCK_TOLERANCE_SECONDS }), 'none')
    assert.equal(causeOf({ nbf: NOW + CLOCK_TOLERANCE_SECONDS + 1 }), 'token_not_yet_valid')
    assert.equal(causeOf({ iat: NOW + CLOCK_TOLERANCE_SECONDS + 1 }), 'issued_in_future')
    assert.equal(causeOf({ nbf: 0, iat: 0 }), 'none')
  })
})

describe('the kind of token', () => {
  it('is taken when it is bound to the certificate of the connection and to nothing else', () => {
    const cnf = { 'x5t#S256': 'thumbprint' }
    const shown = (thumbprint: string): ClaimContext => ({ ...CONTEXT, clientCertificate: { thumbprint } })
    assert.equal(causeOf({ cnf }, {}, shown('thumbprint')), 'none')
    assert.equal(causeOf({ cnf }, {}, shown('other')), 'certificate_mismatch')
    assert.equal(causeOf({ cnf }), 'certificate_mismatch')
    assert.equal(causeOf({ cnf: { ...cnf, jkt: 'x' } }, {}, shown('thumbprint')), 'not_bearer')
    assert.equal(causeOf({ cnf: { 'x5t#S256': undefined } }, {}, shown('thumbprint')), 'not_bearer')
    assert.equal(causeOf({ cnf: { 'x5t#S256': ['thumbprint'] } }, {}, shown('thumbprint')), 'certificate_mismatch')
  })

  it('is refused when it is bound to a key that is not shown', () => {
    for (const cnf of [{ jkt: 'x' }, {}, null, 'x']) assert.equal(causeOf({ cnf }), 'not_bearer')
  })

  it('is refused when it is an ID token or a refresh token', () => {
    assert.equal(causeOf({ token_use: 'id' }), 'not_access_token')
    assert.equal(causeOf({ typ: 'ID' }), 'not_access_token')
    assert.equal(causeOf({ typ: 'Refresh' }), 'not_access_token')
    assert.equal(causeOf({ at_hash: 'x' }), 'not_access_token')
    assert.equal(causeOf({ token_use: 'access', typ: 'Bearer' }), 'none')
  })
})

describe('iss', () => {
  const issuers = ['https://a.example', 'https://b.example/']

  it('is one of those configured, to the character', () => {
    for (const iss of issuers) assert.equal(causeOf({ iss }, { issuers }), 'none')
    for (const iss of [
      'https://a.example/',
      'https://b.example',
      'https://A.example',
      '',
      issuers,
      1,
      null,
      undefined,
    ]) {
      assert.equal(causeOf({ iss }, { issuers }), 'issuer', JSON.stringify(iss))
    }
  })

  it('is free when none is configured', () => {
    assert.equal(causeOf({ iss: ['anything'] }), 'none')
  })
})

describe('aud', () => {
  it('is the configured one, or an array with it', () => {
    for (const aud of ['HiveMQ', ['HiveMQ'], ['other', 'HiveMQ']]) {
      assert.equal(causeOf({ aud }, { audience: 'HiveMQ' }), 'none')
    }
    for (const aud of ['hivemq', 'HiveMQ2', 'Hive', '', [], ['HiveMQ2'], [['HiveMQ']], { HiveMQ: 1 }, 1, null]) {
      assert.equal(causeOf({ aud }, { audience: 'HiveMQ' }), 'audience', JSON.stringify(aud))
    }
    assert.equal(causeOf({}, { audience: 'HiveMQ' }), 'audience')
  })
})

describe('sub', () => {
  it('is the configured one', () => {
    assert.equal(causeOf({ sub: 'a' }, { subject: 'a' }), 'none')
    for (const sub of ['A', 'ab', '', undefined]) assert.equal(causeOf({ sub }, { subject: 'a' }), 'subject')
  })

  it('is a string that can be written down', () => {
    for (const sub of [1, ['a'], { a: 1 }, null]) assert.equal(causeOf({ sub }), 'subject', JSON.stringify(sub))
    assert.equal(causeOf(String.raw`{"exp":${NOW + 60},"sub":"\ud800"}`), 'subject')
    for (const sub of ['', '+/#', 's'.repeat(6_000), 'a\0b']) assert.equal(causeOf({ sub }), 'none')
  })

  it('may be bound to the Client Identifier or the user name', () => {
    assert.equal(causeOf({ sub: 'sensor-1' }, { subject: '${mqtt-clientid}' }), 'none')
    assert.equal(causeOf({ sub: 'user-1' }, { subject: '${mqtt-username}' }), 'none')
    assert.equal(causeOf({ sub: 'sensor-2' }, { subject: '${mqtt-clientid}' }), 'subject')
  })
})

describe('scope', () => {
  it('has every required scope, in a string with spaces or an array', () => {
    for (const value of ['mqtt', 'a mqtt b', ['mqtt'], ['a', 'mqtt']]) assert.equal(scope(value), 'none')
    assert.equal(scope('subscribe x publish', ['publish', 'subscribe']), 'none')
    assert.equal(scope('publish', ['publish', 'subscribe']), 'scope')
  })

  it('is matched whole and exactly', () => {
    for (const value of [
      'mqttx',
      'xmqtt',
      'MQTT',
      'mqtt,a',
      'a:mqtt',
      '',
      ' ',
      ['mqttx'],
      ['mqtt a'],
      [['mqtt']],
      [],
    ]) {
      assert.equal(scope(value), 'scope', JSON.stringify(value))
    }
    for (const value of [1, true, null, { mqtt: 1 }, undefined]) assert.equal(scope(value), 'scope')
  })

  it('is read from the claim that is configured in its place, and from no other', () => {
    assert.equal(scope(['mqtt'], ['mqtt'], 'scp'), 'none')
    assert.equal(causeOf({ scope: 'mqtt' }, { scope: { required: ['mqtt'], claim: 'scp' } }), 'scope')
  })
})

describe('custom claims', () => {
  it('are equal to the value, contain it, or say it as number or boolean', () => {
    for (const [found, value] of [
      ['a', 'a'],
      [['b', 'a'], 'a'],
      [7, '7'],
      [true, 'true'],
      [[1, 2], '2'],
    ] as const) {
      assert.equal(custom(found, value), 'none', JSON.stringify(found))
    }
    for (const found of ['ab', 'A', '', ['ab'], [['a']], { a: 1 }, null, undefined, 1]) {
      assert.equal(custom(found, 'a'), 'custom_claim', JSON.stringify(found))
    }
  })

  it('must all fit', () => {
    const customClaims = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ]
    assert.equal(causeOf({ a: '1', b: '2' }, { customClaims }), 'none')
    assert.equal(causeOf({ a: '1', b: '1' }, { customClaims }), 'custom_claim')
  })

  it('are the token’s own members, never inherited ones', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const customClaims = [{ name, value: 'function Object() { [native code] }' }]
      assert.equal(causeOf({}, { customClaims }), 'custom_claim', name)
    }
    const own = `{"exp":${NOW + 60},"__proto__":"a"}`
    assert.equal(causeOf(own, { customClaims: [{ name: '__proto__', value: 'a' }] }), 'none')
    assert.equal(causeOf('{"__proto__":{"exp":9999999999}}'), 'missing_expiry')
  })

  it('have placeholders filled in once, and fit nothing when there is nothing to fill in', () => {
    assert.equal(custom('dev/sensor-1/user-1', 'dev/${mqtt-clientid}/${mqtt-username}'), 'none')
    assert.equal(
      custom('user-1', '${mqtt-clientid}', { clientId: '${mqtt-username}', username: 'user-1' }),
      'custom_claim',
    )
    assert.equal(custom('$&', '${mqtt-clientid}', { clientId: '$&', username: undefined }), 'none')
    for (const username of [undefined, '']) {
      for (const found of ['', 'undefined', '${mqtt-username}', undefined]) {
        assert.equal(custom(found, '${mqtt-username}', { clientId: 'c', username }), 'custom_claim')
      }
    }
  })
})

describe('a refusal', () => {
  it('says what was expected and found, shortened', () => {
    const refusal = checkClaims(
      { exp: NOW + 1, aud: 'x'.repeat(500) },
      rules({ audience: 'HiveMQ' }),
      CONTEXT,
      NOW * 1000,
    )
    assert.deepEqual(refusal?.detail, { of: 'aud', expected: 'HiveMQ', found: `${'x'.repeat(200)}…` })
  })
})
