import { exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK } from 'jose'

/** The signature algorithms of the test authorization server. */
export const SIGNING_ALGORITHMS = ['RS256', 'ES256', 'Ed25519'] as const
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number]

/** One key of the authorization server, in the forms that signing and publishing need. */
export interface SigningKey {
  readonly algorithm: SigningAlgorithm
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly privateJwk: JWK
  readonly publicJwk: JWK
}

/** One key for each algorithm. */
export type SigningKeys = Readonly<Record<SigningAlgorithm, SigningKey>>

/** Makes the keys of one generation; the generation is part of each `kid`. */
export async function generateSigningKeys(generation: number): Promise<SigningKeys> {
  const [RS256, ES256, Ed25519] = await Promise.all([
    generateSigningKey('RS256', `rs-${generation}`),
    generateSigningKey('ES256', `es-${generation}`),
    generateSigningKey('Ed25519', `ed-${generation}`),
  ])
  return { RS256, ES256, Ed25519 }
}

async function generateSigningKey(algorithm: SigningAlgorithm, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const described = { alg: algorithm, use: 'sig', kid }
  return {
    algorithm,
    kid,
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...described },
    publicJwk: { ...(await exportJWK(publicKey)), ...described },
  }
}
