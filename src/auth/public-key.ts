import { hash } from 'node:crypto'
import type { PublicJwk } from '../ports/key-sets.ts'

/** The members that make up a public key and no others, in the order in which a thumbprint takes them (RFC 7638 3.2). */
export type PublicMembers =
  | { readonly e: string; readonly kty: 'RSA'; readonly n: string }
  | { readonly crv: string; readonly kty: 'EC'; readonly x: string; readonly y: string }
  | { readonly crv: string; readonly kty: 'OKP'; readonly x: string }

const RSA_BITS_MIN = 2048
/** Above it one verification costs milliseconds. */
const RSA_BITS_MAX = 8192
const RSA_EXPONENT_BYTES_MAX = 8

/** Picks the public key out of what was published; undefined: it is of another type, incomplete, or of the wrong size. */
export function publicMembers(jwk: PublicJwk): PublicMembers | undefined {
  const { kty, crv, n, e, x, y } = jwk
  switch (kty) {
    case 'RSA':
      return isText(n) && isText(e) && isAcceptableRsa(n, e) ? { e, kty, n } : undefined
    case 'EC':
      return isText(crv) && isText(x) && isText(y) ? { crv, kty, x, y } : undefined
    case 'OKP':
      return isText(crv) && isText(x) ? { crv, kty, x } : undefined
    default:
      return undefined
  }
}

/** The thumbprint of a key (RFC 7638), SHA-256 in base64url. */
export function keyThumbprint(members: PublicMembers): string {
  return hash('sha256', JSON.stringify(members), 'base64url')
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isAcceptableRsa(n: string, e: string): boolean {
  const modulus = Buffer.from(n, 'base64url')
  const leadingZeros = modulus.findIndex(byte => byte !== 0)
  if (leadingZeros === -1) return false
  const bits = (modulus.length - leadingZeros) * 8 - (Math.clz32(modulus[leadingZeros] ?? 0) - 24)
  return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && Buffer.byteLength(e, 'base64url') <= RSA_EXPONENT_BYTES_MAX
}
