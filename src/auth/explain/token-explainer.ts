import type { EndOfTick } from '../../core/end-of-tick.ts'
import type { Credentials } from '../../ports/auth.ts'
import type { Clock } from '../../ports/clock.ts'
import type { KeySets } from '../../ports/key-sets.ts'
import { silentLog } from '../../ports/telemetry.ts'
import type { Log } from '../../ports/telemetry.ts'
import { closedAccessLog } from '../access-log.ts'
import type { DecisionStep } from '../decision-trace.ts'
import { NO_CLAIMS_CHECKED } from '../ese-jwt-validation.ts'
import type { Introspections } from '../introspection.ts'
import { jwtAuthenticators, type ClientBinding } from '../jwt-authenticators.ts'
import type { PipelineOutcome } from '../listener-pipeline.ts'
import { PasswordPool } from '../password-pool.ts'
import { ListenerPipelines } from '../pipeline.ts'
import { realmId } from '../realm-id.ts'
import { REFUSAL_CAUSES } from '../refusal-cause.ts'
import { refusalReasonCode } from '../refusal-reason-code.ts'
import type { Revocations } from '../revocations.ts'
import type { SecurityModel } from '../security-model.ts'
import { verifyBatch } from '../token-verifier-thread.ts'
import { TokenVerifier } from '../token-verifier.ts'
import { explainedAnswers } from './explained-answer.ts'
import { explainedStep, type StepContext } from './explained-step.ts'
import type { ExplainedIdentity, ExplainedStep, Explanation, TokenQuestion } from './explanation.ts'
import { timeWords } from './plain-words.ts'

/** What decides elsewhere too. */
export interface TokenExplainerParts {
  /** The one in force now. */
  readonly model: () => SecurityModel
  readonly keySets: KeySets & { lastFailure(realm: string): string | undefined }
  readonly introspections: Introspections
  readonly revocations: Revocations
  readonly binding: ClientBinding
  readonly clock: Clock
  readonly endOfTick: EndOfTick
  readonly log: Log
}

const LOOPBACK = '127.0.0.1'
/** Steps of a JWT realm that come last, for those that were not reached. */
const LAST_STEPS = ['key', 'signature', 'revocation', 'permissions']
const SAMPLED = { fraction: () => 0, hex: () => '00000000' }

/**
 * Says what the door would do with a token and why: a door of its own, made of the same parts, decides, and every step
 * it takes is put into words. Nobody is let in by it, and neither the access log nor the metrics hear of it.
 */
export class TokenExplainer {
  readonly #parts: TokenExplainerParts

  constructor(parts: TokenExplainerParts) {
    this.#parts = parts
  }

  /** Rejects with `CONFIGURATION` when the model does not fit together; takes no longer than the door would. */
  async explain(question: TokenQuestion): Promise<Explanation> {
    const steps: ExplainedStep[] = []
    const passwords = new PasswordPool(this.#parts.clock, this.#parts.log)
    const context = new Telling(question.listener, this.#parts)
    try {
      const door = this.#door(passwords)
      const outcome = await door.explain(credentialsOf(question), step => void steps.push(context.told(step)))
      return explanation(question, [...steps, ...context.notReached(steps, outcome)], outcome, context.authorizationKey)
    } finally {
      await passwords.destroy()
    }
  }

  #door(passwords: PasswordPool): ListenerPipelines {
    const { model, keySets, introspections, revocations, binding, clock, endOfTick, log } = this.#parts
    // One token now and then does not need a thread, and is to be looked at in full each time.
    const verifier = new TokenVerifier({ keySets, pool: { concurrency: 1, verifyBatch }, clock, endOfTick, log })
    const jwtAuthenticator = jwtAuthenticators(
      { verifier, introspections, revocations, clock, random: SAMPLED },
      binding,
    )
    const accessLog = closedAccessLog
    return new ListenerPipelines({
      model: model(),
      jwtAuthenticator,
      passwords,
      accessLog,
      log: silentLog,
      random: SAMPLED,
      clock,
    })
  }
}

/** Puts the steps into words, each with what the steps before it have shown. */
class Telling {
  readonly #parts: TokenExplainerParts
  readonly #listener: string
  #realm: Extract<DecisionStep, { kind: 'realm' }> | undefined = undefined
  authorizationKey: string | undefined = undefined

  constructor(listener: string, parts: TokenExplainerParts) {
    this.#listener = listener
    this.#parts = parts
  }

  told(step: DecisionStep): ExplainedStep {
    if (step.kind === 'realm') this.#realm = step
    if (step.kind === 'permissions') this.authorizationKey = step.authorizationKey
    return explainedStep(step, this.#context())
  }

  /** What would have been looked at next. */
  notReached(steps: readonly ExplainedStep[], outcome: PipelineOutcome): readonly ExplainedStep[] {
    if (outcome.kind === 'admitted' || this.#realm === undefined) return []
    const reached = new Set(steps.map(({ name }) => name))
    const introspected = this.#realm.realm.introspection?.only === true
    const expected = introspected ? LAST_STEPS.slice(2) : LAST_STEPS
    return expected.filter(name => !reached.has(name)).map(name => ({ name, outcome: 'not-reached', hints: [] }))
  }

  #context(): StepContext {
    const { keySets, clock } = this.#parts
    const realm = this.#realm?.realm
    const id = realm === undefined ? '' : realmId(realm)
    return {
      listener: this.#listener,
      realm,
      rules: this.#realm?.rules ?? NO_CLAIMS_CHECKED,
      snapshot: keySets.current(id),
      lastFailure: keySets.lastFailure(id),
      nowMs: clock.nowMs(),
    }
  }
}

function credentialsOf({ token, listener, clientId, username }: TokenQuestion): Credentials {
  return {
    listener: { name: listener, transport: 'tcp', port: 0 },
    remoteAddress: LOOPBACK,
    clientId,
    username,
    password: Buffer.from(token),
    authenticationMethod: undefined,
    authenticationData: undefined,
  }
}

function explanation(
  question: TokenQuestion,
  steps: readonly ExplainedStep[],
  outcome: PipelineOutcome,
  authorizationKey: string | undefined,
): Explanation {
  const { clientId, listener } = question
  if (outcome.kind !== 'admitted') {
    const { cause } = outcome.refusal
    const refusal = { cause, sentence: REFUSAL_CAUSES[cause].sentence, reasonCode: refusalReasonCode(cause) }
    return { allowed: false, clientId, listener, steps, refusal, answers: [] }
  }
  const { permissions } = outcome.ticket
  const answers = explainedAnswers(question, permissions)
  const { owner, expiresAtMs } = outcome.ticket.identity
  const identity: ExplainedIdentity = {
    owner,
    ...(authorizationKey === undefined ? {} : { authorizationKey }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: timeWords(expiresAtMs) }),
  }
  const allowed = answers.every(answer => answer.allowed)
  return { allowed, clientId, listener, steps, identity, permissions: permissions.list, answers }
}
