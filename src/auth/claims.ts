import { checkTimes } from './claim-time.ts'
import { member, type JsonObject } from './json-object.ts'
import { refusedFor, unexpected, type Refusal } from './refusal-cause.ts'
import type { JwtValidationModel, ScopeModel } from './security-model.ts'

/** What of CONNECT a configured claim value may refer to. */
export interface ClaimContext {
  readonly clientId: string
  readonly username: string | undefined
}

const PLACEHOLDER = /\$\{mqtt-(clientid|username)\}/g

/** What claims say of the token's kind when it is not an access token: Cognito's `token_use`, Keycloak's `typ`. */
const OTHER_TOKEN_KINDS: ReadonlySet<unknown> = new Set(['id', 'ID', 'Refresh', 'Offline', 'Logout'])

/**
 * Checks the claims of a token against the rules of a pipeline; undefined: they fit. Of several faults the first in
 * this order is named. Needs no key, so a token may be refused before its signature is looked at.
 */
export function checkClaims(
  claims: JsonObject,
  rules: JwtValidationModel,
  context: ClaimContext,
  nowMs: number,
): Refusal | undefined {
  return (
    checkKind(claims) ??
    checkTimes(claims, rules.expGraceSeconds, nowMs) ??
    checkIssuer(claims, rules.issuers, context) ??
    checkAudience(claims, rules.audience, context) ??
    checkSubject(claims, rules.subject, context) ??
    checkScope(claims, rules.scope, context) ??
    checkCustomClaims(claims, rules, context)
  )
}

function checkKind(claims: JsonObject): Refusal | undefined {
  // A sender-constrained token (RFC 8705, RFC 9449) that is shown without its proof may be a stolen one.
  if (Object.hasOwn(claims, 'cnf')) return refusedFor('not_bearer', 'cnf')
  for (const name of ['token_use', 'typ']) {
    const kind = member(claims, name)
    if (OTHER_TOKEN_KINDS.has(kind)) return unexpected('not_access_token', name, 'an access token', kind)
  }
  return Object.hasOwn(claims, 'at_hash') ? refusedFor('not_access_token', 'at_hash') : undefined
}

function checkIssuer(claims: JsonObject, issuers: readonly string[], context: ClaimContext): Refusal | undefined {
  if (issuers.length === 0) return undefined
  const iss = member(claims, 'iss')
  if (issuers.some(issuer => iss === filledIn(issuer, context))) return undefined
  return unexpected('issuer', 'iss', issuers.join(' '), iss)
}

function checkAudience(claims: JsonObject, audience: string | undefined, context: ClaimContext): Refusal | undefined {
  if (audience === undefined) return undefined
  const aud = member(claims, 'aud')
  const wanted = filledIn(audience, context)
  if (wanted !== undefined && (aud === wanted || (Array.isArray(aud) && aud.includes(wanted)))) return undefined
  return unexpected('audience', 'aud', wanted ?? audience, aud)
}

function checkSubject(claims: JsonObject, subject: string | undefined, context: ClaimContext): Refusal | undefined {
  const sub = member(claims, 'sub')
  // The subject owns sessions: one that cannot be written down exactly might become another's.
  if (sub !== undefined && (typeof sub !== 'string' || !sub.isWellFormed())) {
    return unexpected('subject', 'sub', 'a string', sub)
  }
  if (subject === undefined) return undefined
  const wanted = filledIn(subject, context)
  return wanted !== undefined && sub === wanted ? undefined : unexpected('subject', 'sub', wanted ?? subject, sub)
}

function checkScope(claims: JsonObject, scope: ScopeModel | undefined, context: ClaimContext): Refusal | undefined {
  if (scope === undefined) return undefined
  const value = member(claims, scope.claim)
  const granted: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  for (const required of scope.required) {
    const wanted = filledIn(required, context)
    if (wanted === undefined || !granted.includes(wanted)) {
      return unexpected('scope', scope.claim, scope.required.join(' '), value)
    }
  }
  return undefined
}

function checkCustomClaims(claims: JsonObject, rules: JwtValidationModel, context: ClaimContext): Refusal | undefined {
  for (const { name, value } of rules.customClaims) {
    const found = member(claims, name)
    const wanted = filledIn(value, context)
    if (wanted === undefined || !saysText(found, wanted)) {
      return unexpected('custom_claim', name, wanted ?? value, found)
    }
  }
  return undefined
}

/** Whether a claim is this text, or an array with it; numbers and booleans count by how JSON writes them. */
function saysText(value: unknown, wanted: string): boolean {
  return Array.isArray(value) ? value.some(element => scalarSaysText(element, wanted)) : scalarSaysText(value, wanted)
}

function scalarSaysText(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value === wanted
  return (typeof value === 'number' || typeof value === 'boolean') && String(value) === wanted
}

/**
 * A configured value with its placeholders filled in, in one pass: what a client chose as its id is not read again.
 * Undefined, which fits no claim: the client sent no such thing.
 */
function filledIn(value: string, context: ClaimContext): string | undefined {
  if (!value.includes('${mqtt-')) return value
  let complete = true
  const text = value.replace(PLACEHOLDER, (_, name: string) => {
    const filling = name === 'clientid' ? context.clientId : context.username
    if (filling === undefined || filling === '') complete = false
    return filling ?? ''
  })
  return complete ? text : undefined
}
