import { habitsOf } from '../claim-habits.ts'
import type { ClaimCheck } from '../decision-trace.ts'
import { member, type JsonObject } from '../json-object.ts'
import type { JwtValidationModel } from '../security-model.ts'
import { durationWords, quotedWords, timeWords, valueWords } from './plain-words.ts'

/** What a check of the claims looks at. */
export interface ClaimFacts {
  readonly found: string
  /** Undefined: there is no one value that is expected. */
  readonly expected: string | undefined
  /** Whether the configuration asks for anything here. */
  readonly asked: boolean
}

/** What of the claims a check looks at and what the rules want there. */
export function claimFacts(
  check: ClaimCheck,
  claims: JsonObject,
  rules: JwtValidationModel,
  nowMs: number,
): ClaimFacts {
  switch (check) {
    case 'kind':
      return fact('an access token, as far as it says')
    case 'binding':
      return fact(Object.hasOwn(claims, 'cnf') ? 'bound to the certificate of the client' : 'not bound to a key')
    case 'times':
      return fact(lifeWords(claims, nowMs))
    case 'issuer':
      return compared(member(claims, 'iss'), rules.issuers.map(quotedWords).join(' or '))
    case 'audience':
      return compared(firstOf(claims, habitsOf(rules.preset).audienceClaims), quoted(rules.audience))
    case 'subject':
      return compared(member(claims, 'sub'), quoted(rules.subject))
    case 'scope':
      return compared(firstOf(claims, scopeClaims(rules)), quoted(rules.scope?.required.join(' ')))
    case 'custom-claims':
      return customFacts(claims, rules)
  }
}

/** The claims in which scopes are looked for, in their order. */
export function scopeClaims({ scope }: JwtValidationModel): readonly string[] {
  return scope === undefined ? ['scope'] : [scope.claim, ...(scope.otherClaims ?? [])]
}

function fact(found: string): ClaimFacts {
  return { found, expected: undefined, asked: true }
}

function compared(found: unknown, expected: string): ClaimFacts {
  return { found: valueWords(found), expected: expected === '' ? undefined : expected, asked: expected !== '' }
}

function customFacts(claims: JsonObject, { customClaims }: JwtValidationModel): ClaimFacts {
  const found = customClaims.map(({ name }) => `${name} ${valueWords(member(claims, name))}`)
  const expected = customClaims.map(({ name, value }) => `${name} ${quotedWords(value)}`)
  const asked = customClaims.length > 0
  return {
    found: asked ? found.join(', ') : 'none are configured',
    expected: asked ? expected.join(', ') : undefined,
    asked,
  }
}

function lifeWords(claims: JsonObject, nowMs: number): string {
  const exp = member(claims, 'exp')
  if (typeof exp !== 'number' || !Number.isFinite(new Date(exp * 1000).getTime())) return `exp ${valueWords(exp)}`
  const leftMs = exp * 1000 - nowMs
  const distance = leftMs > 0 ? `in ${durationWords(leftMs)}` : `${durationWords(leftMs)} ago`
  return `exp ${timeWords(exp * 1000)}, ${distance}`
}

function firstOf(claims: JsonObject, names: readonly string[]): unknown {
  const name = names.find(candidate => Object.hasOwn(claims, candidate))
  return name === undefined ? undefined : claims[name]
}

function quoted(text: string | undefined): string {
  return text === undefined ? '' : quotedWords(text)
}
