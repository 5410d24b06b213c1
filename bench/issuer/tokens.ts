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
const LIFETIME = '1d'
/** RabbitMQ reads permissions from the scope, with its resource server before each; others need only `mqtt`. */
const PERMISSIONS = ['read', 'write', 'configure']

interface SigningKey {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
  readonly publicPem: string
}

/** Makes keys, and tokens ahead of the runs: one for each client, kept for the runs that follow. */
export class Tokens {
  readonly #keys: ReadonlyMap<TokenAlgorithm, SigningKey>
  readonly #minted = new Map<TokenAlgorithm, string[]>()

  constructor(keys: ReadonlyMap<TokenAlgorithm, SigningKey>) {
    this.#keys = keys
  }

  get jwks(): JSONWebKeySet {
    return { keys: [...this.#keys.values()].map(key => key.publicJwk) }
  }

  /** The public keys by their `kid`, for brokers that read no key set. */
  get pems(): ReadonlyMap<string, string> {
    return new Map([...this.#keys.values()].map(key => [key.kid, key.publicPem]))
  }

  /** Tokens for the first `count` clients. */
  async forClients(algorithm: TokenAlgorithm, count: number, claims: TokenClaims): Promise<readonly string[]> {
    const minted = this.#minted.get(algorithm) ?? []
    this.#minted.set(algorithm, minted)
    while (minted.length < count) minted.push(await this.#mint(algorithm, minted.length, claims))
    return minted.slice(0, count)
  }

  async #mint(algorithm: TokenAlgorithm, client: number, { issuer, audience }: TokenClaims): Promise<string> {
    const key = this.#keys.get(algorithm)
    if (key === undefined) throw new Error(`no key for ${algorithm}`)
    const scope = ['mqtt', ...PERMISSIONS.map(permission => `${audience}.${permission}:*/*/*`)].join(' ')
    return await new SignJWT({ scope })
      .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(`client-${client}`)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .setJti(`bench-${client}`)
      .sign(key.privateKey)
  }
}

/** Makes a key for each algorithm. */
export async function makeTokens(): Promise<Tokens> {
  const keys = await Promise.all(ALGORITHMS.map(async algorithm => [algorithm, await makeKey(algorithm)] as const))
  return new Tokens(new Map(keys))
}

async function makeKey(algorithm: TokenAlgorithm): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = `bench-${algorithm.toLowerCase()}`
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { kid, privateKey, publicJwk, publicPem: await exportSPKI(publicKey) }
}
