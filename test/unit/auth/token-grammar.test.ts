import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compactToken, decodeToken, TOKEN_BYTES_MAX } from '../../../src/auth/token-grammar.ts'
import { part, token } from './token-fixtures.ts'

const HEADER = { alg: 'ES256', kid: 'k1' }
const CLAIMS = { sub: 'sensor', exp: 1 }
const GOOD = token(HEADER, CLAIMS).toString()

function causeOf(password: string | Buffer | undefined): string {
  const compact = compactToken(typeof password === 'string' ? Buffer.from(password) : password)
  if (compact.kind === 'refused') return compact.cause
  const decoded = decodeToken(compact)
  return decoded.kind === 'refused' ? decoded.cause : 'none'
}

describe('the form of a token', () => {
  it('takes a JWS in compact serialization and decodes its two objects', () => {
    const compact = compactToken(Buffer.from(GOOD))
    assert.ok(compact.kind === 'compact')
    assert.deepEqual(decodeToken(compact), { kind: 'decoded', header: HEADER, payload: CLAIMS })
  })

  it('takes any three canonical parts of JSON objects', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.uint8Array({ minLength: 1 }), (claims, signature) => {
        assert.equal(causeOf(token(HEADER, claims, Buffer.from(signature))), 'none')
      }),
    )
  })

  it('never throws, whatever the password is', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => causeOf(Buffer.from(bytes)) !== ''))
    fc.assert(
      fc.property(fc.string(), fc.string(), (header, payload) => causeOf(`${part(header)}.${part(payload)}.AA`) !== ''),
    )
  })

  it('calls an absent or empty password no_token', () => {
    assert.equal(causeOf(undefined), 'no_token')
    assert.equal(causeOf(''), 'no_token')
  })

  it('refuses a token that is too large before it looks at it', () => {
    const frame = token(HEADER, '').toString()
    const padding = 'A'.repeat(TOKEN_BYTES_MAX)
    const largest = `${frame}${padding}`.slice(0, TOKEN_BYTES_MAX)
    assert.notEqual(causeOf(largest), 'token_too_large')
    for (const size of [TOKEN_BYTES_MAX + 1, 65_536, 1_000_000]) {
      assert.equal(causeOf(Buffer.alloc(size, 'A')), 'token_too_large')
    }
  })

  it('refuses any other number of parts, empty parts and other characters', () => {
    const [header, payload, signature] = GOOD.split('.')
    for (const password of [
      'password',
      `${header}.${payload}`,
      `${GOOD}.${signature}`,
      `${GOOD}.${signature}.${signature}`, // JWE
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      '..',
      `${header}.${payload}.${signature}\0`,
      `${header}.${payload}.ä`,
    ]) {
      assert.equal(causeOf(password), 'token_malformed', JSON.stringify(password))
    }
    assert.equal(causeOf(Buffer.from([0xff, 0xfe, 0x00])), 'token_malformed')
  })

  it('refuses an empty signature as unsigned', () => {
    assert.equal(causeOf(`${part({ alg: 'none' })}.${part(CLAIMS)}.`), 'algorithm_not_allowed')
  })

  it('refuses every other spelling of a token', () => {
    const [header, payload] = GOOD.split('.')
    const signature = part(Buffer.alloc(64, 0xff)) // ends in "w": four bits to spare
    assert.equal(causeOf(`${header}.${payload}.${signature}`), 'none')
    for (const password of [
      `${header}.${payload}.${signature.slice(0, -1)}x`,
      `${header}.${payload}.${signature}==`,
      `${header}.${payload}.${signature.replaceAll('_', '/')}`,
      `${header}.${payload}.${signature}\n`,
      `${header}.${payload}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
      `${header}.${payload} .${signature}`,
      ` ${header}.${payload}.${signature}`,
      `Bearer ${header}.${payload}.${signature}`,
    ]) {
      assert.equal(causeOf(password), 'not_canonical', JSON.stringify(password))
    }
  })

  it('has exactly one spelling for the bytes of a part', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 8 }), fc.base64String(), (bytes, text) => {
        const compact = compactToken(Buffer.from(`e30.e30.${text}`))
        const canonical = text !== '' && Buffer.from(text, 'base64url').toString('base64url') === text
        assert.equal(compact.kind === 'compact', canonical)
        assert.equal(compactToken(Buffer.from(`e30.e30.${part(Buffer.from(bytes))}`)).kind, 'compact')
      }),
    )
  })

  it('refuses header and payload that are no JSON objects', () => {
    for (const bad of ['', '[]', '"text"', 'null', '1', '{', '{"a":1}x', "{'a':1}", '{"a":1,}', '{a:1}', '\ufeff{}']) {
      assert.equal(causeOf(`${part(bad) || 'AA'}.${part(CLAIMS)}.AA`), 'token_malformed', bad)
      assert.equal(causeOf(`${part(HEADER)}.${part(bad) || 'AA'}.AA`), 'token_malformed', bad)
    }
  })

  it('refuses invalid UTF-8', () => {
    const junk = Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')])
    assert.equal(causeOf(`${part(HEADER)}.${part(junk)}.AA`), 'token_malformed')
  })

  it('refuses deep nesting', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`
    assert.equal(causeOf(token(HEADER, nested(31))), 'none')
    assert.equal(causeOf(token(HEADER, nested(32))), 'token_malformed')
    assert.equal(causeOf(token(HEADER, `{"a":${'['.repeat(5_000)}`)), 'token_malformed')
  })

  it('refuses a member name that occurs twice, in the header and at any depth', () => {
    for (const object of [
      '{"scope":"a","scope":"b"}',
      '{"a":1,"b":{"c":1,"d":[{}],"c":2}}',
      '{"a":[{"x":1},{"x":1,"y":"}","x":2}]}',
      String.raw`{"scope":"a","scop\u0065":"b"}`,
      '{"__proto__":1,"__proto__":2}',
    ]) {
      assert.equal(causeOf(token(HEADER, object)), 'duplicate_claim', object)
      assert.equal(causeOf(token(object, CLAIMS)), 'duplicate_claim', object)
    }
  })

  it('finds no duplicate where names only look alike', () => {
    for (const object of [
      '{"a":{"x":1},"b":{"x":1},"x":[{"x":1},{"x":1}]}',
      String.raw`{"a":"a","b":"\"a\":","c":["a","a"]}`,
      '{"":1,"a":"{\\"a\\":1,\\"a\\":2}"}',
    ]) {
      assert.equal(causeOf(token(HEADER, object)), 'none', object)
    }
  })
})
