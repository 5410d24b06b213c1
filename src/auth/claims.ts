import type { Allowance } from './authenticator.ts'
import { habitsOf } from './claim-habits.ts'
import { checkTimes } from './claim-time.ts'
import type { ClaimCheck, DecisionTrace } from './decision-trace.ts'
import { isJsonObject, member, type JsonObject } from './json-object.ts'
import { refusedFor, unexpected, type Refusal } from './refusal-cause.ts'
import type { JwtValidationModel, ScopeModel } from './security-model.ts'

/** What of CONNECT a configured claim value may refer to. */
export interface ClaimContext {
  readonly clientId: string
  readonly username: string | undefined
  /** The certificate that the client has shown on its connection. */
  readonly clientCertificate?: { readonly thumbprint: string } | undefined
  /** Absent: nobody wants the decision explained. */
  readonly trace?: DecisionTrace | undefined
  /** See `AuthenticationAttempt`. */
  readonly allowance?: Allowance | undefined
}

const PLACEHOLDER = /\$\{mqtt-(clientid|username)\}/g

/** What claims say of the token's kind when it is not an access token: Cognito's `token_use`, Keycloak's `typ`. */
const OTHER_TOKEN_KINDS: ReadonlySet<unknown> = new Set(['id', 'ID', 'Refresh', 'Offline', 'Logout'])

type Check = (
  claims: JsonObject,
  rules: JwtValidationModel,
  context: ClaimContext,
  nowMs: number,
) => Refusal | undefined

const claimChecks: readonly { readonly name: ClaimCheck; readonly check: Check }[] = [
  { name: 'kind', check: checkKind },
  { name: 'binding', check: (claims, _, context) => checkProofOfPossession(claims, context) },
  { name: 'times', check: (claims, rules, _, nowMs) => checkTimes(claims, rules, nowMs) },
  { name: 'issuer', check: (claims, rules, context) => checkIssuer(claims, rules.issuers, context) },
  { name: 'audience', check: checkAudience },
  { name: 'subject', check: (claims, rules, context) => checkSubject(claims, rules.subject, context) },
  { name: 'scope', check: (claims, rules, context) => checkScope(claims, rules.scope, context) },
  { name: 'custom-claims', check: checkCustomClaims },
]

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
  const { trace } = context
  let first: Refusal | undefined
  for (const { name, check } of claimChecks) {
    const refusal = check(claims, rules, context, nowMs)
    // Whoever wants it explained is told of the other faults too.
    trace?.({ kind: 'claim', check: name, claims, nowMs, refusal })
    first ??= refusal
    if (first !== undefined && trace === undefined) return first
  }
  return first
}

function checkKind(claims: JsonObject, rules: JwtValidationModel): Refusal | undefined {
  for (const name of ['token_use', 'typ']) {
    const kind = member(claims, name)
    if (OTHER_TOKEN_KINDS.has(kind)) return unexpected('not_access_token', name, 'an access token', kind)
  }
  if (Object.hasOwn(claims, 'at_hash')) return refusedFor('not_access_token', 'at_hash')
  const { kind } = habitsOf(rules.preset)
  if (kind === undefined || member(claims, kind.claim) === kind.value) return undefined
  return unexpected('not_access_token', kind.claim, kind.value, member(claims, kind.claim))
}

/**
 * A token that is bound to a key is only good with it: to the certificate of the connection (RFC 8705 3), if nothing
 * else is asked for. Any other binding (RFC 9449) cannot be checked here, and such a token may be a stolen one.
 */
function checkProofOfPossession(claims: JsonObject, { clientCertificate }: ClaimContext): Refusal | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined
  const cnf = member(claims, 'cnf')
  if (!isJsonObject(cnf) || Object.keys(cnf).join() !== 'x5t#S256') return refusedFor('not_bearer', 'cnf')
  const thumbprint = member(cnf, 'x5t#S256')
  if (clientCertificate !== undefined && clientCertificate.thumbprint === thumbprint) return undefined
  return unexpected(
    'certificate_mismatch',
    'cnf.x5t#S256',
    clientCertificate?.thumbprint ?? 'a certificate',
    thumbprint,
  )
}

function checkIssuer(claims: JsonObject, issuers: readonly string[], context: ClaimContext): Refusal | undefined {
  if (issuers.length === 0) return undefined
  const iss = member(claims, 'iss')
  if (issuers.some(issuer => iss === filledIn(issuer, context))) return undefined
  return unexpected('issuer', 'iss', issuers.join(' '), iss)
}

function checkAudience(claims: JsonObject, rules: JwtValidationModel, context: ClaimContext): Refusal | undefined {
  const { audience, preset } = rules
  if (audience === undefined) return undefined
  const aud = firstOf(claims, habitsOf(preset).audienceClaims)
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
  const value = firstOf(claims, scope.otherClaims === undefined ? [scope.claim] : [scope.claim, ...scope.otherClaims])
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

function firstOf(claims: JsonObject, names: readonly string[]): unknown {
  for (const name of names) if (Object.hasOwn(claims, name)) return claims[name]
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
