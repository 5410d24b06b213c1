import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { rawBcrypt } from '../../../src/auth/bcrypt.ts'
import { blowfishTables } from '../../../src/auth/blowfish-tables.ts'
import type { PasswordAlgorithm } from '../../../src/auth/file-realm-model.ts'
import { HASH_BYTES, hashPassword } from '../../../src/auth/password-hash.ts'

const BCRYPT_DIGITS = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function hashed(algorithm: PasswordAlgorithm, password: string, salt: string, iterations: number): Buffer {
  return hashPassword({ password: Buffer.from(password), algorithm, salt: Buffer.from(salt), iterations })
}

function fromBcryptDigits(text: string): Buffer {
  const base64 = Array.from(text, digit => BASE64_DIGITS.charAt(BCRYPT_DIGITS.indexOf(digit))).join('')
  return Buffer.from(base64, 'base64')
}

describe('hashPassword', () => {
  it('makes the hashes of the public sample of PKCS5S2', () => {
    const samples = [
      ['mqtt-password-2', 'aDGGvi/kW+ba1ZlQxObGZT7kNK7Vg4qkFR7HvHapCGk='],
      ['cc-password-2', 'XW5ESC/iKdtYWIDpcgeFOIXhjA9reoCBzNcFm/SQhWk='],
      ['rest-api-password-2', 'apukEACJ+UeyE+onxnseWRZi/QgWOeSTtFwxHJTswxc='],
    ] as const
    for (const [password, expected] of samples) {
      assert.equal(hashed('PKCS5S2', password, `${password}-salt`, 10).toString('base64'), expected)
    }
  })

  it('hashes salt and password with MD5 and SHA512, and then the hash again', () => {
    const once = createHash('sha512').update('salt').update('secret').digest()
    assert.deepEqual(hashed('SHA512', 'secret', 'salt', 1), once)
    const twice = createHash('sha512').update(once).digest()
    assert.deepEqual(hashed('SHA512', 'secret', 'salt', 3), createHash('sha512').update(twice).digest())
    const md5 = createHash('md5').update('saltsecret').digest()
    assert.deepEqual(hashed('MD5', 'secret', 'salt', 2), createHash('md5').update(md5).digest())
  })

  it('leaves a plain password as it is', () => {
    assert.deepEqual(hashed('PLAIN', 'gr\u00fcn', 'x', 7), Buffer.from('gr\u00fcn'))
  })

  it('makes bcrypt of the digests of password and salt', () => {
    const digest = (name: string, text: string): Buffer => createHash(name).update(text).digest()
    assert.deepEqual(
      hashed('BCRYPT', 'secret', 'salt', 4),
      rawBcrypt(digest('sha512', 'secret'), digest('md5', 'salt'), 4),
    )
  })

  it('gives each algorithm a hash of its length', () => {
    for (const algorithm of ['MD5', 'SHA512', 'BCRYPT', 'PKCS5S2'] as const) {
      assert.equal(hashed(algorithm, 'a', 'b', 4).length, HASH_BYTES[algorithm])
    }
  })
})

describe('rawBcrypt', () => {
  it('makes the hashes of crypt(3), which adds a zero to the password and keeps 23 bytes', () => {
    // From the test of the Openwall implementation.
    const vectors = [
      ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
      ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
      ['$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
      ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy', ''],
    ] as const
    for (const [text, password] of vectors) {
      const [, , cost = '', saltAndHash = ''] = text.split('$')
      const salt = fromBcryptDigits(saltAndHash.slice(0, 22)).subarray(0, 16)
      const expected = fromBcryptDigits(saltAndHash.slice(22))
      const found = rawBcrypt(Buffer.from(`${password}\0`), salt, Number(cost))
      assert.deepEqual(found.subarray(0, 23), expected.subarray(0, 23), text)
    }
  })

  it('refuses a salt or a key of another length', () => {
    assert.throws(() => rawBcrypt(Buffer.alloc(73), Buffer.alloc(16), 4), RangeError)
    assert.throws(() => rawBcrypt(Buffer.alloc(0), Buffer.alloc(16), 4), RangeError)
    assert.throws(() => rawBcrypt(Buffer.alloc(8), Buffer.alloc(15), 4), RangeError)
  })
})

describe('blowfishTables', () => {
  it('holds the digits of \u03c0 from the first word to the last', () => {
    const { p, s } = blowfishTables()
    assert.deepEqual([p.length, s.length], [18, 1024])
    assert.deepEqual([p[0], p[17], s[0], s[1023]], [0x243f6a88, 0x8979fb1b, 0xd1310ba6, 0x3ac372e6])
  })
})
