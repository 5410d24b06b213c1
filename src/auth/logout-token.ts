import { CLOCK_TOLERANCE_SECONDS } from './claim-time.ts'
import { isJsonObject, member } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { KeySet } from './key-set.ts'
import { refused, unexpected } from './refusal-cause.ts'
import type { Refusal } from './refusal-cause.ts'
import { compactToken, decodeToken } from './token-grammar.ts'
import { readHeader } from './token-header.ts'
import { verifyBatch } from './token-verifier-thread.ts'
import type { KeySets } from '../ports/key-sets.ts'

/** An issuer whose word counts, and to whom its logout tokens must be made out. */
export interface LogoutIssuer {
  readonly issuer: string
  readonly realm: string
  /** Any of them will do; none: whomever it is made out to. */
  readonly audiences: readonly string[]
}

/** The user, or one session of the user, that an issuer has logged out. */
export interface Logout {
  readonly kind: 'logout'
  readonly issuer: string
  readonly subject: string | undefined
  readonly sessionId: string | undefined
  readonly issuedAtMs: number
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const LOGOUT_TYPES: ReadonlySet<unknown> = new Set([undefined, 'logout+jwt', 'application/logout+jwt', 'JWT'])
/** An older one is a repeat. */
const AGE_SECONDS_MAX = 600

/** Decides on a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6). */
export async function readLogoutToken(
  text: string,
  issuers: readonly LogoutIssuer[],
  keySets: KeySets,
  nowMs: number,
): Promise<Logout | Refusal> {
  const compact = compactToken(Buffer.from(text))
  if (compact.kind === 'refused') return compact
  const token = decodeToken(compact)
  if (token.kind === 'refused') return token
  const { typ, ...named } = token.header
  if (!LOGOUT_TYPES.has(typ)) return unexpected('not_access_token', 'typ', 'logout+jwt', typ)
  const header = readHeader(named)
  if (header.kind === 'refused') return header
  const iss = member(token.payload, 'iss')
  const issuer = issuers.find(one => one.issuer === iss)
  if (issuer === undefined) return unexpected('issuer', 'iss', issuers.map(one => one.issuer).join(' '), iss)
  const logout = checkLogout(token.payload, issuer, nowMs)
  if (logout.kind === 'refused') return logout
  const snapshot = keySets.current(issuer.realm) ?? (await keySets.refresh(issuer.realm, header.kid ?? '')).snapshot
  let key = snapshot === undefined ? refused('keys_unavailable') : new KeySet(snapshot).select(header)
  if (key.kind === 'refused' && key.cause === 'unknown_kid' && header.kid !== undefined) {
    const { snapshot: newer } = await keySets.refresh(issuer.realm, header.kid)
    if (newer !== undefined) key = new KeySet(newer).select(header)
  }
  if (key.kind === 'refused') return key
  const [result] = await verifyBatch([{ compact: compact.text, algorithm: header.algorithm, key }])
  return result === 'valid' ? logout : refused(result ?? 'internal')
}

function checkLogout(claims: JsonObject, { issuer, audiences }: LogoutIssuer, nowMs: number): Logout | Refusal {
  const now = nowMs / 1000
  const { aud, iat, exp, sub, sid, events } = claims
  const given = Array.isArray(aud) ? aud : [aud]
  if (audiences.length > 0 && !audiences.some(audience => given.includes(audience))) {
    return unexpected('audience', 'aud', audiences.join(' '), aud)
  }
  if (typeof iat !== 'number' || iat > now + CLOCK_TOLERANCE_SECONDS)
    return unexpected('issued_in_future', 'iat', 'a time', iat)
  if (iat < now - AGE_SECONDS_MAX || (exp !== undefined && !(typeof exp === 'number' && exp > now))) {
    return unexpected('token_expired', 'iat', `within ${AGE_SECONDS_MAX} seconds`, iat)
  }
  // What has no such event, or a nonce, is an ID token or another kind of event.
  if (!isJsonObject(events) || !isJsonObject(member(events, EVENT)) || Object.hasOwn(claims, 'nonce')) {
    return refused('not_access_token')
  }
  const subject = typeof sub === 'string' ? sub : undefined
  const sessionId = typeof sid === 'string' ? sid : undefined
  if (subject === undefined && sessionId === undefined) return unexpected('subject', 'sub', 'sub or sid', undefined)
  // Times are whole seconds; a token of the same second was issued before.
  return { kind: 'logout', issuer, subject, sessionId, issuedAtMs: Math.floor(iat) * 1000 + 999 }
}
