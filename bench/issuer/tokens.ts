import type { CryptoKey, JSONWebKeySet, JWK } from 'jose'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

/** The algorithms of tokens that scenarios ask for. */
export type TokenAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

/** What tokens say besides who the client is. */
export interface TokenClaims {
  readonly issuer: string
  readonly audience: string
}

const ALGORITHMS: readonly TokenAlgorithm[] = ['RS256', 'ES256', 'EdDSA']
/** The keys of now, and those of after a rotation. */
export type KeyGeneration = 'current' | 'next'

const LIFETIME = '1d'
/** RabbitMQ reads permissions from the scope, with its resource server before each; others need only `mqtt`. */
const PERMISSIONS = ['read', 'write', 'configure']

interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
  readonly publicPem: string
}

type SigningKeys = ReadonlyMap<TokenAlgorithm, SigningKey>

/** Makes keys, and tokens ahead of the runs: one for each client, kept for the runs that follow. */
export class Tokens {
  readonly #keys: Readonly<Record<KeyGeneration, SigningKeys>>
  readonly #minted = new Map<string, string[]>() // by algorithm and generation

  constructor(keys: Readonly<Record<KeyGeneration, SigningKeys>>) {
    this.#keys = keys
  }

  /** The key set, after a rotation with the new keys beside the old ones. */
  jwks(generation: KeyGeneration): JSONWebKeySet {
    const { current, next } = this.#keys
    const keys = [...current.values(), ...(generation === 'next' ? next.values() : [])]
    return { keys: keys.map(key => key.publicJwk) }
  }

  /** The public keys by their `kid`, for brokers that read no key set. */
  get pems(): ReadonlyMap<string, string> {
    return new Map([...this.#keys.current.values()].map(key => [key.kid, key.publicPem]))
  }

  /** Tokens for the first `count` clients. */
  async forClients(
    algorithm: TokenAlgorithm,
    count: number,
    claims: TokenClaims,
    generation: KeyGeneration = 'current',
  ): Promise<readonly string[]> {
    const name = `${algorithm} ${generation}`
    const minted = this.#minted.get(name) ?? []
    this.#minted.set(name, minted)
    const key = this.#keys[generation].get(algorithm)
    while (minted.length < count) minted.push(await this.#mint(algorithm, key, minted.length, claims))
    return minted.slice(0, count)
  }

  /** Tokens for so many clients that end at this second, kept for no other run. */
  async until(algorithm: TokenAlgorithm, count: number, claims: TokenClaims, exp: number): Promise<readonly string[]> {
    const key = this.#keys.current.get(algorithm)
    const minting = Array.from({ length: count }, (_, client) => this.#mint(algorithm, key, client, claims, exp))
    return await Promise.all(minting)
  }

  async #mint(
    algorithm: TokenAlgorithm,
    key: SigningKey | undefined,
    client: number,
    { issuer, audience }: TokenClaims,
    expires: number | string = LIFETIME,
  ): Promise<string> {
    if (key === undefined) throw new Error(`no key for ${algorithm}`)
    const scope = ['mqtt', ...PERMISSIONS.map(permission => `${audience}.${permission}:*/*/*`)].join(' ')
    return await new SignJWT({ scope })
      .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`client-${client}`)
      .setIssuedAt()
      .setExpirationTime(expires)
      .setJti(`bench-${client}`)
      .sign(key.privateKey)
  }
}

/** Makes a key for each algorithm, and another one for after a rotation. */
export async function makeTokens(): Promise<Tokens> {
  return new Tokens({ current: await makeKeys(''), next: await makeKeys('-next') })
}

async function makeKeys(suffix: string): Promise<SigningKeys> {
  const keys = ALGORITHMS.map(async algorithm => [algorithm, await makeKey(algorithm, suffix)] as const)
  return new Map(await Promise.all(keys))
}

async function makeKey(algorithm: TokenAlgorithm, suffix: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = `bench-${algorithm.toLowerCase()}${suffix}`
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { kid, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) }
}
