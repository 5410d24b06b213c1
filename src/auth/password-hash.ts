import { createHash, hash, pbkdf2Sync } from 'node:crypto'
import { rawBcrypt } from './bcrypt.ts'
import type { PasswordAlgorithm } from './file-realm-model.ts'

/** The length of a hash in bytes; those of PLAIN have any. */
export const HASH_BYTES: Readonly<Record<Exclude<PasswordAlgorithm, 'PLAIN'>, number>> = {
  MD5: 16,
  SHA512: 64,
  BCRYPT: 24,
  PKCS5S2: 32,
}

/** What is hashed, how. */
export interface PasswordHashTask {
  readonly password: Uint8Array
  readonly algorithm: PasswordAlgorithm
  readonly salt: Uint8Array
  readonly iterations: number
}

/** Hashes a password as HiveMQ ESE does. Slow on purpose: not for a thread that serves clients. */
export function hashPassword({ password, algorithm, salt, iterations }: PasswordHashTask): Buffer {
  switch (algorithm) {
    case 'PLAIN':
      return Buffer.from(password)
    case 'MD5':
      return iterated('md5', password, salt, iterations)
    case 'SHA512':
      return iterated('sha512', password, salt, iterations)
    case 'PKCS5S2':
      return pbkdf2Sync(password, salt, iterations, HASH_BYTES.PKCS5S2, 'sha512')
    case 'BCRYPT':
      return rawBcrypt(hash('sha512', password, 'buffer'), hash('md5', salt, 'buffer'), iterations)
  }
}

function iterated(digest: 'md5' | 'sha512', password: Uint8Array, salt: Uint8Array, iterations: number): Buffer {
  let result = createHash(digest).update(salt).update(password).digest()
  for (let again = 1; again < iterations; again += 1) result = hash(digest, result, 'buffer')
  return result
}
