import type { CryptoKey, JSONWebKeySet, JWK, JWTPayload } from 'jose'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Algorithms that the issuer signs with. */
export type SigningAlgorithm = 'RS256' | 'ES256'

const ALGORITHMS: readonly SigningAlgorithm[] = ['RS256', 'ES256']
/** Older keys stay published for tokens that are still about; beyond these the oldest go. */
const PUBLISHED_GENERATIONS_MAX = 4

interface SigningKey {
  readonly algorithm: SigningAlgorithm
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

/** The issuer's keys, one per algorithm, made at start; a rotation adds new ones and keeps the old ones published. */
export class SigningKeys {
  #generations: readonly (readonly SigningKey[])[]

  constructor(first: readonly SigningKey[]) {
    this.#generations = [first]
  }

  /** The public keys, newest first. */
  get jwks(): JSONWebKeySet {
    return { keys: this.#generations.flat().map(key => key.publicJwk) }
  }

  /** Signs with the newest key of the algorithm, as an access token of RFC 9068. */
  async sign(claims: JWTPayload, algorithm: SigningAlgorithm): Promise<string> {
    const key = this.#generations.flat().find(candidate => candidate.algorithm === algorithm)
    if (key === undefined) throw new Error(`no ${algorithm} key`)
    const header = { alg: key.algorithm, kid: key.kid, typ: 'at+jwt' }
    return await new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey)
  }

  /** Signs with new keys from now on. */
  async rotate(): Promise<void> {
    const next = await makeKeys()
    this.#generations = [next, ...this.#generations].slice(0, PUBLISHED_GENERATIONS_MAX)
  }
}

/** Makes the first keys, which live in memory only. */
export async function makeSigningKeys(): Promise<SigningKeys> {
  return new SigningKeys(await makeKeys())
}

async function makeKeys(): Promise<readonly SigningKey[]> {
  return await Promise.all(ALGORITHMS.map(makeKey))
}

async function makeKey(algorithm: SigningAlgorithm): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  return { algorithm, kid, privateKey, publicJwk: { ...jwk, kid, alg: algorithm, use: 'sig' } }
}
