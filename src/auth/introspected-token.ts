import { expiryMs } from './claim-time.ts'
import { checkClaims } from './claims.ts'
import type { ClaimContext } from './claims.ts'
import type { IntrospectionAnswer } from './introspection.ts'
import { member } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { refused, refusedFor, unexpected } from './refusal-cause.ts'
import type { Refusal } from './refusal-cause.ts'
import type { JwtValidationModel } from './security-model.ts'
import type { Verdict, Verified } from './token-verifier.ts'

/** What must be the same in a token and in what the authorization server says of it, where both say it. */
const IDENTIFYING: readonly string[] = ['iss', 'sub', 'client_id', 'jti']

/** Decides on a token that was found good here and asked about afterwards: it lives no longer than either says. */
export function confirmed(token: Verified, answer: IntrospectionAnswer, rules: JwtValidationModel): Verdict {
  const refusal = refusalOf(answer)
  if (refusal !== undefined || answer.kind !== 'active') return refusal ?? refused('internal')
  for (const name of IDENTIFYING) {
    const expected = member(token.claims, name)
    const found = member(answer.claims, name)
    if (expected === undefined || found === undefined || expected === found) continue
    return unexpected('introspection_mismatch', name, 'the same as in the token', found)
  }
  // A binding that only the server knows of was not checked with the others of the token.
  if (Object.hasOwn(answer.claims, 'cnf') && !Object.hasOwn(token.claims, 'cnf')) return refusedFor('not_bearer', 'cnf')
  if (member(answer.claims, 'exp') === undefined) return token
  return { ...token, expiresAtMs: Math.min(token.expiresAtMs, expiryMs(answer.claims, rules.expGraceSeconds)) }
}

/**
 * Decides on a token of which the authorization server alone knows what it says. Where that leaves out its own name,
 * the one that is configured stands in for it, for it was that server that was asked.
 */
export function introspected(
  answer: IntrospectionAnswer,
  rules: JwtValidationModel,
  context: ClaimContext,
  nowMs: number,
): Verdict {
  const refusal = refusalOf(answer)
  if (refusal !== undefined || answer.kind !== 'active') return refusal ?? refused('internal')
  const claims = withIssuer(answer.claims, rules)
  const fault = checkClaims(claims, rules, context, nowMs)
  return fault ?? { kind: 'verified', claims, expiresAtMs: expiryMs(claims, rules.expGraceSeconds) }
}

/** What an answer that is no `active` says against the token. */
export function refusalOf(answer: IntrospectionAnswer): Refusal | undefined {
  if (answer.kind === 'active') return undefined
  return refused(answer.kind === 'inactive' ? 'token_inactive' : 'introspection_unavailable')
}

function withIssuer(claims: JsonObject, { issuers }: JwtValidationModel): JsonObject {
  const [issuer] = issuers
  return issuer === undefined || Object.hasOwn(claims, 'iss') ? claims : { ...claims, iss: issuer }
}
