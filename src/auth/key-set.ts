import { refused, unexpected, type Refusal } from './refusal-cause.ts'
import { keyThumbprint, publicMembers, type PublicMembers } from './public-key.ts'
import { algorithmsOfKeyType, signatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.ts'
import type { TokenHeader } from './token-header.ts'
import type { KeySetSnapshot, PublicJwk } from '../ports/key-sets.ts'

/** A key that signatures of a realm's tokens may be verified with. Plain data: it goes to the verifier threads. */
export interface VerificationKey {
  readonly kind: 'key'
  /** The thumbprint (RFC 7638): the same for the same key, whatever it is called. */
  readonly id: string
  readonly jwk: PublicMembers
}

interface UsableKey {
  readonly key: VerificationKey
  readonly kid: string | undefined
  readonly algorithms: readonly SignatureAlgorithm[]
}

/** An issuer has a handful; of more than these none is looked at. */
export const KEYS_MAX = 100

/**
 * The keys of a realm, looked up for a token. Only public keys for signatures are taken in: RSA from 2048 bits, EC on
 * P-256, P-384 and P-521, Ed25519; neither meant for encryption (`use`, `key_ops`) nor secret.
 */
export class KeySet {
  readonly snapshot: KeySetSnapshot
  readonly #usable: readonly UsableKey[]
  readonly #ids: ReadonlySet<string>
  readonly #kids: ReadonlySet<unknown>

  constructor(snapshot: KeySetSnapshot) {
    const keys = snapshot.keys.slice(0, KEYS_MAX)
    this.snapshot = snapshot
    this.#usable = keys.map(usableKey).filter(usable => usable !== undefined)
    this.#ids = new Set(this.#usable.map(usable => usable.key.id))
    this.#kids = new Set(keys.map(key => key['kid']))
  }

  /** How many keys can be used. */
  get size(): number {
    return this.#usable.length
  }

  /** Whether the key of this thumbprint is still among them. */
  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** The key for a token: by `kid` and algorithm, or the only one that fits when the token names none. */
  select(header: TokenHeader): VerificationKey | Refusal {
    const { algorithm, kid } = header
    if (kid !== undefined && !this.#kids.has(kid)) return unexpected('unknown_kid', 'kid', 'a key of the set', kid)
    const fitting = this.#usable.filter(
      usable => (kid === undefined || usable.kid === kid) && usable.algorithms.includes(algorithm),
    )
    const [first] = fitting
    if (first === undefined) return refused('key_unsuitable', { kid: kid ?? 'absent', algorithm })
    if (fitting.some(other => other.key.id !== first.key.id)) {
      return refused('no_kid_ambiguous', { kid: kid ?? 'absent', algorithm, fitting: fitting.length })
    }
    return first.key
  }
}

function usableKey(jwk: PublicJwk): UsableKey | undefined {
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') return undefined
  const operations = jwk['key_ops']
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined
  const members = publicMembers(jwk)
  const algorithms = usableAlgorithms(jwk)
  if (members === undefined || algorithms.length === 0) return undefined
  const kid = jwk['kid']
  return {
    key: { kind: 'key', id: keyThumbprint(members), jwk: members },
    kid: typeof kid === 'string' ? kid : undefined,
    algorithms,
  }
}

/** What the type of the key can do, or of that only what its `alg` allows. */
function usableAlgorithms(jwk: PublicJwk): readonly SignatureAlgorithm[] {
  const ofType = algorithmsOfKeyType(jwk['kty'], jwk['crv'])
  if (jwk['alg'] === undefined) return ofType
  const named = signatureAlgorithm(jwk['alg'])
  return named !== undefined && ofType.includes(named) ? [named] : []
}
