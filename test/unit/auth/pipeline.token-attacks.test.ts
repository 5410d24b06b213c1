import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { before, beforeEach, describe, it } from 'node:test'
import { AttackedDoor, ISSUER, OTHER_ISSUER } from './attacked-door.ts'
import { issuerKey, part, signed, token, withFlippedBit, type IssuerKey } from './token-fixtures.ts'
import type { RefusalCause } from '../../../src/auth/refusal-cause.ts'

const NOT_AUTHORIZED = 0x87

type Password = Buffer | undefined

/** A token that an attacker may show, with what it is refused for. */
interface Attack {
  readonly cause: RefusalCause
  readonly password: () => Password | Promise<Password>
  /** Signatures that are looked at for it; 0 when left out: it is refused before any work. */
  readonly signatures?: number
}

let attacked: AttackedDoor
let rsa: IssuerKey
let ec: IssuerKey
let stranger: IssuerKey
let forEncryption: IssuerKey
let good: Buffer

const text = (password: string) => (): Buffer => Buffer.from(password)
const withClaims = (cause: RefusalCause, claims: object): Attack => ({
  cause,
  password: () => attacked.token(ec, claims),
})
const withHeader = (cause: RefusalCause, header: object, signatures = 0): Attack => ({
  cause,
  password: () => attacked.token(ec, {}, header),
  signatures,
})
/** By the payload as text, for what no serializer would write. */
const withPayload = (cause: RefusalCause, payload: () => string): Attack => ({
  cause,
  password: () => signed(ec, { alg: 'ES256', kid: 'ec-1' }, payload()),
})
const inClaims = (more: string): string => `${JSON.stringify(attacked.claims()).slice(0, -1)},${more}}`
const withSignature = (signature: () => Buffer): Attack => ({
  cause: 'bad_signature',
  password: () => token({ alg: 'ES256', kid: 'ec-1' }, attacked.claims(), signature()),
  signatures: 1,
})

const FORMS: Readonly<Record<string, Attack>> = {
  'no password': { cause: 'no_token', password: () => undefined },
  'an empty password': { cause: 'no_token', password: text('') },
  'two parts': { cause: 'token_malformed', password: text('e30.e30') },
  'four parts': { cause: 'token_malformed', password: text('e30.e30.AAAA.AAAA') },
  'five parts, as a JWE': { cause: 'token_malformed', password: text('e30.AAAA.AAAA.AAAA.AAAA') },
  'one byte more than a token may have': { cause: 'token_too_large', password: () => Buffer.alloc(8 * 1024 + 1, 'A') },
  '64 KiB': { cause: 'token_too_large', password: () => Buffer.alloc(64 * 1024 - 1, 'A') },
  '1 MiB': { cause: 'token_too_large', password: () => Buffer.alloc(1024 * 1024, 'A') },
  padding: { cause: 'not_canonical', password: () => Buffer.from(`${good.toString()}==`) },
  'a line break at the end': { cause: 'not_canonical', password: () => Buffer.from(`${good.toString()}\n`) },
  'a space inside': { cause: 'not_canonical', password: () => Buffer.from(good.toString().replace('.', ' .')) },
  'spare bits set in the last character': {
    cause: 'not_canonical',
    password: () => Buffer.from(`${good.toString().slice(0, -1)}${good.toString().endsWith('A') ? 'B' : 'R'}`),
  },
  'the digits of ordinary base64': {
    cause: 'not_canonical',
    password: () => Buffer.from(`${good.toString().slice(0, -4)}+/+A`),
  },
  'a Bearer prefix': { cause: 'not_canonical', password: () => Buffer.from(`Bearer ${good.toString()}`) },
  'NUL bytes': { cause: 'token_malformed', password: () => Buffer.concat([good, Buffer.from([0])]) },
  'bytes that are no UTF-8 in the password': {
    cause: 'token_malformed',
    password: () => Buffer.from([0xff, 0xfe, 0x2e]),
  },
  'a payload that is no UTF-8': {
    cause: 'token_malformed',
    password: () => token({ alg: 'ES256' }, Buffer.from([0xc3, 0x28])),
  },
  'a payload that is an array': { cause: 'token_malformed', password: () => token({ alg: 'ES256' }, []) },
  'deep nesting': withPayload('token_malformed', () => inClaims(`"x":${'['.repeat(2000)}${']'.repeat(2000)}`)),
  'deep nesting in the header': { cause: 'token_malformed', password: () => token(`{"alg":${'['.repeat(2000)}`, {}) },
  'two algorithms in the header': {
    cause: 'duplicate_claim',
    password: () => token('{"alg":"ES256","alg":"none"}', attacked.claims()),
  },
  'two subjects': withPayload('duplicate_claim', () => inClaims('"sub":"admin"')),
  'two subjects, one of them escaped': withPayload('duplicate_claim', () => inClaims(String.raw`"s\u0075b":"admin"`)),
}

const HEADERS: Readonly<Record<string, Attack>> = {
  ...Object.fromEntries(
    ['none', 'None', 'nOnE', 'NONE', 'HS256', 'HS512', 'ES256K', 'RSA-OAEP', 'dir', ['ES256'], 256, null, {}].map(
      alg => [`alg ${JSON.stringify(alg)}`, withHeader('algorithm_not_allowed', { alg })],
    ),
  ),
  'no alg': withHeader('algorithm_not_allowed', { alg: undefined }),
  'no signature': {
    cause: 'algorithm_not_allowed',
    password: () => Buffer.from(`${good.toString().split('.', 2).join('.')}.`),
  },
  ...Object.fromEntries(
    (['pem', 'der', 'jwk'] as const).map(format => [
      `HMAC with the public key as ${format}`,
      { cause: 'algorithm_not_allowed', password: () => signedByHmac(format) } as const,
    ]),
  ),
  'an algorithm of another key type': withHeader('key_unsuitable', { alg: 'RS256' }),
  'an algorithm of the same key type that is not that of the key': withHeader('key_unsuitable', { alg: 'ES384' }),
  'a key of its own in jwk, jku, x5u and x5c, under a known kid': {
    cause: 'bad_signature',
    password: () => attacked.token(stranger, {}, { kid: 'ec-1', ...brought() }),
    signatures: 1,
  },
  'a key of its own under its own kid': {
    cause: 'unknown_kid',
    password: () => attacked.token(stranger, {}, brought()),
  },
  'a kid that is a path': withHeader('unknown_kid', { kid: '../../../../dev/null' }),
  'a kid that is SQL': withHeader('unknown_kid', { kid: "' UNION SELECT 'key" }),
  'a kid of 5 KB': withHeader('unknown_kid', { kid: 'k'.repeat(5000) }),
  'a kid of 10 KB': withHeader('token_too_large', { kid: 'k'.repeat(10_000) }),
  'a kid that is a number': withHeader('token_malformed', { kid: 1 }),
  'a kid that is an object': withHeader('token_malformed', { kid: { toString: 'ec-1' } }),
  'the kid __proto__': withHeader('unknown_kid', { kid: '__proto__' }),
  'a kid that two issuers share, signed by the other one': {
    cause: 'bad_signature',
    password: () => attacked.token(stranger, {}, { kid: 'ec-1' }),
    signatures: 1,
  },
  'an unknown critical extension': withHeader('unsupported_critical_header', { crit: ['exp'], exp: 1 }),
  'an empty crit': withHeader('unsupported_critical_header', { crit: [] }),
  'an unencoded payload': withHeader('unsupported_critical_header', { crit: ['b64'], b64: false }),
  ...Object.fromEntries(
    ['dpop+jwt', 'logout+jwt', 'secevent+jwt', 'JOSE', 1, ['JWT']].map(typ => [
      `typ ${JSON.stringify(typ)}`,
      withHeader('not_access_token', { typ }),
    ]),
  ),
}

const CRYPTO: Readonly<Record<string, Attack>> = {
  ...Object.fromEntries(
    [0, 31, 32, 63].map(byte => [
      `a flipped bit in byte ${byte} of the signature`,
      { cause: 'bad_signature', password: () => withFlippedBit(good, byte), signatures: 1 } as const,
    ]),
  ),
  'the claims of one token with the signature of another': {
    cause: 'bad_signature',
    password: () => spliced({ sub: 'admin' }),
    signatures: 1,
  },
  'a signature of zeros (CVE-2022-21449)': withSignature(() => Buffer.alloc(64)),
  'a signature in DER': withSignature(() =>
    sign('sha256', Buffer.from('x'), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  ),
  'a signature that is too long': withSignature(() => Buffer.alloc(512, 9)),
  'an RSA key of 1024 bits': { cause: 'key_unsuitable', password: () => signedBySmallKey() },
  'a key for encryption': { cause: 'key_unsuitable', password: () => attacked.token(forEncryption) },
  'a key that was rotated out': {
    cause: 'unknown_kid',
    password: async () => {
      const password = await attacked.token(ec)
      attacked.keySets.publish(ISSUER, rsa.jwk)
      return password
    },
  },
  'a kid whose key was replaced': {
    cause: 'bad_signature',
    password: async () => {
      const password = await attacked.token(ec)
      assert.equal((await attacked.show(password)).kind, 'admitted')
      attacked.keySets.publish(ISSUER, { ...stranger.jwk, kid: 'ec-1' })
      return password
    },
    signatures: 2,
  },
}

const nowish = (): number => attacked.nowSeconds

const TIMES: Readonly<Record<string, Attack>> = {
  'no exp': withClaims('missing_expiry', { exp: undefined }),
  'exp as a string': withPayload('invalid_time_claim', () => withoutExp(`"${nowish() + 60}"`)),
  'exp null': withClaims('invalid_time_claim', { exp: null }),
  'exp 0': withClaims('token_expired', { exp: 0 }),
  'exp this very second': withPayload('token_expired', () => withoutExp(String(nowish()))),
  'exp an hour ago': withPayload('token_expired', () => withoutExp(String(nowish() - 3600))),
  'exp 1e999': withPayload('invalid_time_claim', () => withoutExp('1e999')),
  'exp negative': withClaims('invalid_time_claim', { exp: -1 }),
  'exp in ms': withPayload('invalid_time_claim', () => withoutExp(String((nowish() + 60) * 1_000_000))),
  'exp an array': withPayload('invalid_time_claim', () => withoutExp(`[${nowish() + 60}]`)),
  'nbf in an hour': withPayload('token_not_yet_valid', () => inClaims(`"nbf":${nowish() + 3600}`)),
  'nbf as a string': withClaims('invalid_time_claim', { nbf: '0' }),
  'iat in an hour': withPayload('issued_in_future', () => withoutExp(String(nowish() + 9000), nowish() + 3600)),
  'a lifetime that is longer than allowed': withPayload('lifetime_too_long', () =>
    withoutExp(String(nowish() + 86_401)),
  ),
  'a lifetime that is longer than allowed, without iat': {
    cause: 'lifetime_too_long',
    password: () => attacked.token(ec, { iat: undefined, exp: nowish() + 86_401 }),
  },
}

const CLAIMS: Readonly<Record<string, Attack>> = {
  'iss of somebody else': withClaims('issuer', { iss: 'https://evil.example' }),
  'iss with a slash at the end': withClaims('issuer', { iss: `${ISSUER}/` }),
  'iss in an array': withClaims('issuer', { iss: [ISSUER] }),
  'iss in capitals': withClaims('issuer', { iss: ISSUER.toUpperCase() }),
  'no iss': withClaims('issuer', { iss: undefined }),
  'iss __proto__': withClaims('issuer', { iss: '__proto__' }),
  'iss of the metadata service': withClaims('issuer', { iss: 'http://169.254.169.254' }),
  'iss of the other issuer that is configured': {
    cause: 'unknown_kid',
    password: () => attacked.token(rsa, { iss: OTHER_ISSUER }),
  },
  'no aud': withClaims('audience', { aud: undefined }),
  'another aud': withClaims('audience', { aud: 'api' }),
  'aud that only begins alike': withClaims('audience', { aud: 'HiveMQTT' }),
  'aud in an array that only begins alike': withClaims('audience', { aud: ['HiveMQTT', 'Hive'] }),
  'aud an object': withClaims('audience', { aud: { HiveMQ: true } }),
  'aud of nested arrays': withClaims('audience', { aud: [['HiveMQ']] }),
  'no scope': withClaims('scope', { scope: undefined }),
  'a scope that only begins alike': withClaims('scope', { scope: 'mqttx' }),
  'scopes in an array that only begin alike': withClaims('scope', { scope: ['mqttx', 'xmqtt'] }),
  'a scope that is a number': withClaims('scope', { scope: 1 }),
  'scopes inherited': withPayload('scope', () =>
    inClaims('"__proto__":{"scope":"mqtt"}').replace('"scope":"mqtt",', ''),
  ),
  'sub a number': withClaims('subject', { sub: 1 }),
  'sub a lone surrogate': withPayload('subject', () => inClaims('"x":1').replace('"device"', String.raw`"\ud800"`)),
  'sub of 64 KB': withClaims('token_too_large', { sub: 's'.repeat(64 * 1024) }),
  'an ID token by at_hash': withClaims('not_access_token', { at_hash: 'x' }),
  'an ID token of Cognito': withClaims('not_access_token', { token_use: 'id' }),
  'an ID token of Keycloak': withClaims('not_access_token', { typ: 'ID' }),
  'a refresh token of Keycloak': withClaims('not_access_token', { typ: 'Refresh' }),
  'a token bound to a DPoP key': withClaims('not_bearer', { cnf: { jkt: 'x' } }),
  'a token bound to a certificate that is not shown': withClaims('certificate_mismatch', { cnf: { 'x5t#S256': 'x' } }),
  'a cnf that is no object': withClaims('not_bearer', { cnf: null }),
}

before(async () => {
  rsa = await issuerKey('RS256', 'rsa-1')
  ec = await issuerKey('ES256', 'ec-1', { alg: 'ES256' })
  stranger = await issuerKey('ES256', 'stranger')
  forEncryption = await issuerKey('RS256', 'enc-1', { use: 'enc' })
})

beforeEach(async () => {
  attacked = new AttackedDoor({ rules: { lifetimeSecondsMax: 86_400 } })
  attacked.keySets.publish(ISSUER, rsa.jwk, ec.jwk, forEncryption.jwk)
  // The two share a kid, and only that.
  attacked.keySets.publish(OTHER_ISSUER, { ...stranger.jwk, kid: 'ec-1' })
  good = await attacked.token(ec)
})

describe('the form of a token at the door', () => attacks(FORMS))
describe('the header of a token at the door', () => attacks(HEADERS))
describe('the signature of a token at the door', () => attacks(CRYPTO))
describe('the times of a token at the door', () => attacks(TIMES))
describe('the claims of a token at the door', () => attacks(CLAIMS))

/** One test for each: refused for its own cause, with 0x87, before any work, and without a trace of it in the logs. */
function attacks(rows: Readonly<Record<string, Attack>>): void {
  for (const [name, { cause, password, signatures = 0 }] of Object.entries(rows)) {
    it(`${name}: refused (${cause})`, async () => {
      const shown = await password()
      const admission = await attacked.show(shown)
      assert.ok(admission.kind === 'refused', 'the client was let in')
      assert.deepEqual([admission.cause, admission.reasonCode], [cause, NOT_AUTHORIZED])
      assert.equal(attacked.signatures, signatures)
      const [payload = '', proof = ''] = (shown?.toString('latin1') ?? '').split('.').slice(1)
      for (const secret of [payload, proof]) assert.ok(secret.length < 8 || !attacked.logged.includes(secret))
    })
  }

  it('and a good token is let in beside all these', async () => {
    assert.equal((await attacked.show(good)).kind, 'admitted')
  })
}

function brought(): object {
  return { jwk: stranger.jwk, jku: 'http://127.0.0.1:1/keys', x5u: 'http://127.0.0.1:1/cert', x5c: ['MIIB'] }
}

function withoutExp(exp: string, iat = nowish() - 10): string {
  const claims = { ...attacked.claims(), exp: undefined, iat }
  return `${JSON.stringify(claims).slice(0, -1)},"exp":${exp}}`
}

async function spliced(claims: object): Promise<Buffer> {
  const [header, , signature] = good.toString().split('.')
  const [, payload] = (await attacked.token(stranger, claims)).toString().split('.')
  return Buffer.from(`${header}.${payload}.${signature}`)
}

function signedByHmac(format: 'pem' | 'der' | 'jwk'): Buffer {
  const publicKey = createPublicKey({ key: { ...rsa.jwk, kty: 'RSA' }, format: 'jwk' })
  const secrets = {
    pem: publicKey.export({ type: 'spki', format: 'pem' }),
    der: publicKey.export({ type: 'spki', format: 'der' }),
    jwk: JSON.stringify(rsa.jwk),
  }
  const input = `${part({ alg: 'HS256', kid: 'rsa-1' })}.${part(attacked.claims())}`
  return Buffer.from(`${input}.${part(createHmac('sha256', secrets[format]).update(input).digest())}`)
}

function signedBySmallKey(): Buffer {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  attacked.keySets.publish(ISSUER, { ...publicKey.export({ format: 'jwk' }), kid: 'small' }, ec.jwk)
  const input = `${part({ alg: 'RS256', kid: 'small' })}.${part(attacked.claims())}`
  return Buffer.from(`${input}.${part(sign('sha256', Buffer.from(input), privateKey))}`)
}
