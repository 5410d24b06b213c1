import type { KeySetSnapshot } from '../../ports/key-sets.ts'
import type { DecisionStep } from '../decision-trace.ts'
import { member } from '../json-object.ts'
import type { Refusal } from '../refusal-cause.ts'
import type { JwtRealmModel, JwtValidationModel } from '../security-model.ts'
import { claimFacts } from './claim-facts.ts'
import type { ExplainedStep } from './explanation.ts'
import { formHints, headerHints } from './form-hints.ts'
import { keyHints, keySetWords } from './key-hints.ts'
import { claimNearMisses } from './near-misses.ts'
import { quotedWords, valueWords } from './plain-words.ts'

/** What the steps of one realm are looked at with. */
export interface StepContext {
  readonly listener: string
  readonly realm: JwtRealmModel | undefined
  readonly rules: JwtValidationModel
  /** As far as they are known now. */
  readonly snapshot: KeySetSnapshot | undefined
  readonly lastFailure: string | undefined
  readonly nowMs: number
}

interface Said {
  readonly found: string
  readonly expected?: string | undefined
  readonly asked?: boolean
  readonly hints?: readonly string[]
}

/** One step in words. */
export function explainedStep(step: DecisionStep, context: StepContext): ExplainedStep {
  switch (step.kind) {
    case 'pipeline':
      return said('pipeline', step.refusal, {
        found: `${quotedOr(step.name, 'none')}, for listener ${quotedWords(context.listener)}`,
      })
    case 'realm':
      return said('realm', undefined, { found: realmWords(step.realm, step.rules) })
    case 'user':
      return said('user', step.refusal, {
        found: `${quotedOr(step.name, 'no user name')} in realm ${quotedWords(step.realm)}`,
      })
    case 'form':
      return formStep(step, context)
    case 'issuer-choice':
      return issuerStep(step, context)
    case 'header':
      return said('header', step.refusal, {
        found: headerWords(step.header),
        hints: hintsOf(step.refusal, cause => headerHints(cause, step.header)),
      })
    case 'claim':
      return claimStep(step, context)
    case 'key':
      return keyStep(step, context)
    case 'signature':
      return said('signature', step.refusal, {
        found: `${step.refusal === undefined ? 'good' : 'not that of the token'}, by ${step.algorithm}`,
        hints: hintsOf(step.refusal, signatureHints),
      })
    case 'introspection':
      return said('introspection', step.refusal, {
        found: `${quotedOr(context.realm?.introspection?.endpoint, '')}: ${step.answer.kind}`,
      })
    case 'revocation':
      return said('revocation', step.refusal, {
        found: step.refusal === undefined ? 'not revoked here' : 'revoked here',
      })
    case 'permissions':
      return said('permissions', step.refusal, {
        found: `for authorization key ${quotedOr(step.authorizationKey, 'none')}`,
      })
  }
}

function said(
  name: string,
  refusal: Refusal | undefined,
  { found, expected, asked = true, hints = [] }: Said,
): ExplainedStep {
  const outcome = refusal === undefined ? (asked ? 'passed' : 'not-asked') : 'refused'
  return {
    name,
    outcome,
    found,
    ...(expected === undefined ? {} : { expected }),
    ...(refusal === undefined ? {} : { cause: refusal.cause }),
    hints: [...detailHints(refusal), ...hints],
  }
}

function formStep(
  { password, refusal }: Extract<DecisionStep, { kind: 'form' }>,
  { realm }: StepContext,
): ExplainedStep {
  const bytes = password?.length ?? 0
  const size = bytes === 1 ? '1 byte' : `${bytes} bytes`
  const found = refusal === undefined && realm?.introspection?.only !== true ? `a JWT of ${size}` : size
  return said('form', refusal, { found, hints: hintsOf(refusal, cause => formHints(cause, password)) })
}

function issuerStep(
  { claims, refusal }: Extract<DecisionStep, { kind: 'issuer-choice' }>,
  context: StepContext,
): ExplainedStep {
  const { rules, nowMs } = context
  const expected = String(refusal.detail['expected'] ?? '')
    .split(' ')
    .map(quotedWords)
    .join(' or ')
  const hints = claimNearMisses({ refusal, claims, rules, nowMs, snapshot: undefined })
  return said('issuer', refusal, { found: valueWords(member(claims, 'iss')), expected, hints })
}

function claimStep(step: Extract<DecisionStep, { kind: 'claim' }>, context: StepContext): ExplainedStep {
  const { check, claims, refusal, nowMs } = step
  const { rules, snapshot } = context
  const facts = claimFacts(check, claims, rules, nowMs)
  if (refusal === undefined) return said(check, undefined, facts)
  const { of, found, expected } = refusal.detail
  const hints = claimNearMisses({ refusal, claims, rules, nowMs, snapshot })
  // Placeholders in what is expected are filled in where it was compared, and one of several custom claims is named.
  const general = check === 'kind' || check === 'binding' || check === 'custom-claims' || check === 'times'
  const times = check === 'times' && typeof found === 'number' && refusal.cause === 'token_expired'
  return said(check, refusal, {
    found:
      general && !times
        ? `${String(of ?? check)} ${found === undefined ? '' : quotedWords(String(found))}`.trim()
        : facts.found,
    expected: expected === undefined ? facts.expected : quotedWords(String(expected)),
    hints,
  })
}

function keyStep(
  { kid, snapshot, refusal }: Extract<DecisionStep, { kind: 'key' }>,
  context: StepContext,
): ExplainedStep {
  const { nowMs, lastFailure } = context
  const named = kid === undefined ? 'no kid' : `kid ${quotedWords(kid)}`
  if (refusal === undefined) return said('key', undefined, { found: `${named} among ${keySetWords(snapshot, nowMs)}` })
  return said('key', refusal, { found: named, hints: keyHints({ refusal, kid, snapshot, nowMs, lastFailure }) })
}

function hintsOf(refusal: Refusal | undefined, of: (cause: Refusal['cause']) => readonly string[]): readonly string[] {
  return refusal === undefined ? [] : of(refusal.cause)
}

function signatureHints(cause: Refusal['cause']): readonly string[] {
  if (cause !== 'bad_signature') return []
  return [
    'the key is the one that the token names: the token was changed on its way, cut off, or another issuer uses the same kid',
  ]
}

/** Faults that are a short text of our own. */
function detailHints(refusal: Refusal | undefined): readonly string[] {
  const fault = refusal?.detail['fault']
  return fault === undefined ? [] : [String(fault)]
}

function realmWords({ name, introspection }: JwtRealmModel, rules: JwtValidationModel): string {
  if (introspection?.only === true) return `${quotedWords(name)}, whose tokens are introspected only`
  const preset = rules.preset === undefined || rules.preset === 'generic' ? '' : `, preset ${rules.preset}`
  return `${quotedWords(name)}${preset}`
}

function headerWords(header: Readonly<Record<string, unknown>>): string {
  const named = ['alg', 'typ', 'kid'].filter(name => Object.hasOwn(header, name))
  return named.map(name => `${name} ${valueWords(member(header, name))}`).join(', ')
}

function quotedOr(text: string | undefined, otherwise: string): string {
  return text === undefined ? otherwise : quotedWords(text)
}
