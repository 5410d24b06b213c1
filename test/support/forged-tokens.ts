import { createHmac } from 'node:crypto'
import { exportSPKI, importJWK } from 'jose'
import type { SigningKey } from './signing-keys.ts'

/** The token without a signature, its header saying so (RFC 7519 6). */
export function unsecured(token: string): string {
  return `${encoded({ alg: 'none' })}.${payloadOf(token)}.`
}

/** The claims of `token` signed by HMAC with the public key as the secret, which everybody knows (RFC 8725 2.1). */
export async function signedWithPublicKey(token: string, key: SigningKey): Promise<string> {
  const publicKey = await importJWK({ ...key.publicJwk, ext: true }, key.algorithm)
  if (publicKey instanceof Uint8Array) throw new Error('the key is not a public key')
  const input = `${encoded({ alg: 'HS256', kid: key.kid })}.${payloadOf(token)}`
  const signature = createHmac('sha256', await exportSPKI(publicKey))
    .update(input)
    .digest('base64url')
  return `${input}.${signature}`
}

/** The token with one bit of its signature flipped. */
export function withFlippedSignature(token: string): string {
  const signatureStart = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(signatureStart), 'base64url')
  signature.writeUInt8(signature.readUInt8(20) ^ 1, 20)
  return token.slice(0, signatureStart) + signature.toString('base64url')
}

/** Other spellings of the same token, which lenient decoders accept: each decodes to the same three parts. */
export function otherSpellings(token: string): Readonly<Record<string, string>> {
  const middle = token.length - 20
  return {
    'padding at the end': `${token}==`,
    'a line break at the end': `${token}\n`,
    'a space inside': `${token.slice(0, middle)} ${token.slice(middle)}`,
    'a line break inside': `${token.slice(0, middle)}\n${token.slice(middle)}`,
    'spare bits set in the last character': withSpareBitsSet(token),
  }
}

// The last character of 256 bytes in base64url has four bits to spare; canonical is 0 in all of them.
function withSpareBitsSet(token: string): string {
  const last = token.charCodeAt(token.length - 1)
  const spelled = token.slice(0, -1) + String.fromCharCode(last + 1)
  const signatureStart = token.lastIndexOf('.') + 1
  const same = Buffer.from(spelled.slice(signatureStart), 'base64url').equals(
    Buffer.from(token.slice(signatureStart), 'base64url'),
  )
  if (!same) throw new Error('the last character of this token has no bits to spare')
  return spelled
}

function encoded(header: object): string {
  return Buffer.from(JSON.stringify(header)).toString('base64url')
}

function payloadOf(token: string): string {
  return token.split('.')[1] ?? ''
}
