import { exportJWK, generateKeyPair, type CryptoKey } from 'jose'
import { verifyBatch } from '../../../src/auth/token-verifier-thread.ts'
import type { JwtValidationModel } from '../../../src/auth/security-model.ts'
import type { SignaturePool, SignatureResult, SignatureTask } from '../../../src/auth/signature-batches.ts'
import type { KeyAnswer, KeySets, KeySetSnapshot, PublicJwk } from '../../../src/ports/key-sets.ts'

/** A key pair of an issuer, with its public half as the issuer publishes it. */
export interface IssuerKey {
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly jwk: PublicJwk
}

export async function issuerKey(alg: string, kid: string, more: PublicJwk = {}): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, ...more } }
}

/** One part of a token, of bytes, text or a JSON value. */
export function part(value: unknown): string {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return bytes.toString('base64url')
}

/** A token put together by hand, so that nothing about it need be right. */
export function token(header: unknown, payload: unknown, signature: unknown = Buffer.alloc(64, 1)): Buffer {
  return Buffer.from(`${part(header)}.${part(payload)}.${part(signature)}`)
}

const WEB_CRYPTO_NAMES = new Map([
  ['RS', 'RSASSA-PKCS1-v1_5'],
  ['PS', 'RSA-PSS'],
  ['ES', 'ECDSA'],
  ['Ed', 'Ed25519'],
])

/** Signs header and payload as they are, whatever the header says. */
export async function signed(key: IssuerKey, header: unknown, payload: unknown): Promise<Buffer> {
  const input = `${part(header)}.${part(payload)}`
  const bits = Number(key.alg.slice(2))
  const name = WEB_CRYPTO_NAMES.get(key.alg.slice(0, 2)) ?? ''
  const algorithm = { name, hash: `SHA-${bits}`, saltLength: bits / 8 }
  const signature = await crypto.subtle.sign(algorithm, key.privateKey, Buffer.from(input))
  return Buffer.from(`${input}.${part(Buffer.from(signature))}`)
}

/** Flips the lowest bit of a byte of the signature. */
export function withFlippedBit(compact: Buffer, byte = 5): Buffer {
  const text = compact.toString()
  const signature = Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url')
  signature.writeUInt8(signature.readUInt8(byte) ^ 1, byte)
  return Buffer.from(`${text.slice(0, text.lastIndexOf('.') + 1)}${signature.toString('base64url')}`)
}

/** Rules that only want a token in time. */
export function rules(more: Partial<JwtValidationModel> = {}): JwtValidationModel {
  return {
    expGraceSeconds: 0,
    audience: undefined,
    subject: undefined,
    issuers: [],
    scope: undefined,
    customClaims: [],
    ...more,
  }
}

/** Key sets that a test fills, and whose refreshes it counts and answers. */
export class FakeKeySets implements KeySets {
  readonly refreshed: string[] = []
  /** Whether a refresh reaches the issuer. */
  asked = true
  onRefresh: (realm: string) => Promise<unknown> = () => Promise.resolve()
  readonly #snapshots = new Map<string, KeySetSnapshot>()

  publish(realm: string, ...keys: readonly PublicJwk[]): void {
    this.#snapshots.set(realm, { realm, keys, fetchedAtMs: 0 })
  }

  current(realm: string): KeySetSnapshot | undefined {
    return this.#snapshots.get(realm)
  }

  async refresh(realm: string, kid: string): Promise<KeyAnswer> {
    this.refreshed.push(kid)
    await this.onRefresh(realm)
    return { snapshot: this.current(realm), absent: this.asked }
  }
}

/** A pool without threads: the thread's own function, with the batches it was given. */
export class LocalPool implements SignaturePool {
  readonly concurrency: number
  readonly batches: (readonly SignatureTask[])[] = []

  constructor(concurrency = 1) {
    this.concurrency = concurrency
  }

  verifyBatch(tasks: readonly SignatureTask[]): Promise<readonly SignatureResult[]> {
    this.batches.push(tasks)
    return verifyBatch(tasks)
  }
}
