/** The signature algorithms that are accepted: asymmetric ones, so that whoever can verify cannot sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519'] as const

export type SignatureAlgorithm = (typeof ALGORITHMS)[number]

const BY_NAME: ReadonlyMap<unknown, SignatureAlgorithm> = new Map<unknown, SignatureAlgorithm>([
  ...ALGORITHMS.map(algorithm => [algorithm, algorithm] as const),
  ['EdDSA', 'Ed25519'], // the older name (RFC 8037); Ed448, which it may mean too, differs in the key
])

/** The accepted algorithm that an `alg` value means, exactly as spelled; undefined: none. */
export function signatureAlgorithm(alg: unknown): SignatureAlgorithm | undefined {
  return BY_NAME.get(alg)
}

/** The algorithms that a key of this type can verify, by `kty` and `crv` (RFC 7518 3.1, RFC 8037 3.1). */
export function algorithmsOfKeyType(kty: unknown, crv: unknown): readonly SignatureAlgorithm[] {
  if (kty === 'RSA') return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
  if (kty === 'EC' && crv === 'P-256') return ['ES256']
  if (kty === 'EC' && crv === 'P-384') return ['ES384']
  if (kty === 'EC' && crv === 'P-521') return ['ES512']
  if (kty === 'OKP' && crv === 'Ed25519') return ['Ed25519']
  return []
}
