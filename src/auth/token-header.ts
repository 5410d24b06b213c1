import { member, type JsonObject } from './json-object.ts'
import { refused, unexpected, type Refusal } from './refusal-cause.ts'
import { signatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.ts'

/** What of a token's header is used. Keys it brings along (`jwk`, `jku`, `x5u`, `x5c`) are never looked at. */
export interface TokenHeader {
  readonly kind: 'header'
  readonly algorithm: SignatureAlgorithm
  readonly kid: string | undefined
}

/** Longer than any key server's; a longer one is of nobody's. */
const KID_CHARACTERS_MAX = 512
const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt'])

/** Checks the header of a token as far as it can be without a key. */
export function readHeader(header: JsonObject): TokenHeader | Refusal {
  const alg = member(header, 'alg')
  const algorithm = signatureAlgorithm(alg)
  if (algorithm === undefined)
    return unexpected('algorithm_not_allowed', 'alg', 'RS, PS, ES 256 to 512 or Ed25519', alg)
  if (Object.hasOwn(header, 'crit'))
    return unexpected('unsupported_critical_header', 'crit', 'absent', member(header, 'crit'))
  const typ = member(header, 'typ')
  if (typ !== undefined && !isAccessTokenType(typ)) return unexpected('not_access_token', 'typ', 'JWT or at+jwt', typ)
  const kid = member(header, 'kid')
  if (kid === undefined) return { kind: 'header', algorithm, kid: undefined }
  if (typeof kid !== 'string' || kid === '') return refused('token_malformed', { fault: 'kid is not a name' })
  if (kid.length > KID_CHARACTERS_MAX) return refused('unknown_kid', { characters: kid.length })
  return { kind: 'header', algorithm, kid }
}

/** A token made for another purpose says so by its type (RFC 8725 3.11): `dpop+jwt`, `logout+jwt`, `secevent+jwt`… */
function isAccessTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && ACCESS_TOKEN_TYPES.has(typ.toLowerCase())
}
