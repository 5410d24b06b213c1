import { member, type JsonObject } from './json-object.ts'
import type { JwtValidationModel } from './security-model.ts'
import { refused, refusedFor, unexpected, type Refusal } from './refusal-cause.ts'

/**
 * How far the issuer's clock may be ahead of ours for `nbf` and `iat`, so that a fresh token is not refused. `exp` has
 * no such tolerance: how long a token is taken after it is configured (`exp-grace`, 0 by default as in HiveMQ ESE).
 */
export const CLOCK_TOLERANCE_SECONDS = 30

/** The end of what a Date can name, so that a time in ms is exact and never infinite. */
const NUMERIC_DATE_MAX = 8_640_000_000_000

/** What rules say about times. */
export type TimeRules = Pick<JwtValidationModel, 'expGraceSeconds' | 'lifetimeSecondsMax'>

/** Checks `exp`, which must be there, `nbf` and `iat` (RFC 7519 4.1.4 to 4.1.6). */
export function checkTimes(claims: JsonObject, rules: TimeRules, nowMs: number): Refusal | undefined {
  const { expGraceSeconds, lifetimeSecondsMax = Number.POSITIVE_INFINITY } = rules
  const now = nowMs / 1000
  const exp = member(claims, 'exp')
  if (exp === undefined) return refusedFor('missing_expiry', 'exp')
  if (!isNumericDate(exp)) return invalidTime('exp', exp)
  if (now >= exp + expGraceSeconds) return outOfTime('token_expired', 'exp', exp, now)

  const nbf = member(claims, 'nbf')
  if (nbf !== undefined) {
    if (!isNumericDate(nbf)) return invalidTime('nbf', nbf)
    if (now + CLOCK_TOLERANCE_SECONDS < nbf) return outOfTime('token_not_yet_valid', 'nbf', nbf, now)
  }

  const iat = member(claims, 'iat')
  if (iat !== undefined) {
    if (!isNumericDate(iat)) return invalidTime('iat', iat)
    if (now + CLOCK_TOLERANCE_SECONDS < iat) return outOfTime('issued_in_future', 'iat', iat, now)
  }
  const lifetime = exp - (iat ?? now)
  if (lifetime > lifetimeSecondsMax)
    return refused('lifetime_too_long', { found: lifetime, expected: lifetimeSecondsMax })
  return undefined
}

/** Unix time in ms at which claims that passed {@link checkTimes} are no longer accepted. */
export function expiryMs(claims: JsonObject, expGraceSeconds: number): number {
  const exp = member(claims, 'exp')
  return isNumericDate(exp) ? (exp + expGraceSeconds) * 1000 : 0
}

function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= NUMERIC_DATE_MAX
}

function invalidTime(claim: string, found: unknown): Refusal {
  return unexpected('invalid_time_claim', claim, 'a number of seconds since 1970', found)
}

function outOfTime(
  cause: 'token_expired' | 'token_not_yet_valid' | 'issued_in_future',
  claim: string,
  found: number,
  now: number,
): Refusal {
  return { kind: 'refused', cause, detail: { of: claim, found, now: Math.floor(now) } }
}
