import type { Admission, AdmittedClient, Credentials, Door, LateRefusalCause } from '../ports/auth.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { ReviewedStanding } from './admission-review.ts'
import { addressBlock } from './address-block.ts'
import { AUTHORIZATION_REASON, GENERIC_REASON, LATE_REASONS } from './access-log-line.ts'
import type { AccessLog } from './access-log.ts'
import type { Allowance, JwtAuthenticatorFactory } from './authenticator.ts'
import type { DecisionTrace } from './decision-trace.ts'
import { FailureBudgets } from './failure-budgets.ts'
import { ListenerPipeline } from './listener-pipeline.ts'
import type { PipelineOutcome } from './listener-pipeline.ts'
import { ALL_LISTENERS } from './model-warnings.ts'
import type { PasswordVerifier } from './password-pool.ts'
import { isTokenMethod } from './presented-token.ts'
import { shortened } from './printable-text.ts'
import { refused } from './refusal-cause.ts'
import type { Refusal, RefusalCause } from './refusal-cause.ts'
import { refusalReasonCode } from './refusal-reason-code.ts'
import { refusalReference } from './refusal-reference.ts'
import type { SecurityModel } from './security-model.ts'

/** What the pipelines run on. */
export interface ListenerPipelinesOptions {
  readonly model: SecurityModel
  readonly jwtAuthenticator: JwtAuthenticatorFactory
  readonly passwords: PasswordVerifier
  readonly accessLog: AccessLog
  readonly log: Log
  readonly random: Random
  readonly clock: Clock
  /** Costly refusals that the clients of one address may cause in a second, in the long run; absent: any number. */
  readonly failuresPerSecond?: number
}

const OVER_BUDGET: ReadonlySet<RefusalCause> = new Set(['address_over_budget', 'issuer_over_budget'])

/**
 * The door: each listener has a pipeline, its own one or that for `ALL`, and a listener without one lets nobody in.
 * Every decision is a line of the access log; a refusal is also a line of the structured log with its exact cause.
 */
export class ListenerPipelines implements Door {
  readonly #options: ListenerPipelinesOptions
  #byListener: ReadonlyMap<string, ListenerPipeline>
  readonly #accessLog: AccessLog
  readonly #log: Log
  readonly #random: Random
  readonly #clock: Clock
  readonly #failures: FailureBudgets
  /** Every client that is in holds this. */
  readonly #pipelineOf = (listenerName: string): ListenerPipeline | undefined =>
    this.#byListener.get(listenerName) ?? this.#byListener.get(ALL_LISTENERS)

  /** Throws `CONFIGURATION` when a part of the model does not fit together. */
  constructor(options: ListenerPipelinesOptions) {
    const { accessLog, log, random, clock } = options
    this.#options = options
    this.#byListener = pipelinesOf(options)
    this.#accessLog = accessLog
    this.#log = log
    this.#random = random
    this.#clock = clock
    this.#failures = new FailureBudgets(options.failuresPerSecond ?? Number.POSITIVE_INFINITY)
  }

  /**
   * Lets clients in by another model from now on; those that are in are held against it by their `review`. Throws
   * `CONFIGURATION` when the model does not fit together, and then the one before stays.
   */
  use(model: SecurityModel): void {
    this.#byListener = pipelinesOf({ ...this.#options, model })
  }

  async admit(credentials: Credentials): Promise<Admission> {
    const { clientId, remoteAddress, listener } = credentials
    const pipeline = this.#pipelineOf(listener.name)
    const outcome = await this.#decide(credentials, pipeline, this.#allowance(credentials))
    if (outcome.kind === 'unauthenticated') return this.#unauthenticated(credentials, pipeline, outcome.refusal)
    this.#accessLog.authenticationSucceeded(clientId, remoteAddress)
    if (outcome.kind === 'unauthorized') {
      this.#accessLog.authorizationFailed(clientId, remoteAddress, AUTHORIZATION_REASON)
      return this.#refuse(credentials, pipeline, outcome.refusal)
    }
    const { ticket } = outcome
    const { identity, permissions } = ticket
    this.#accessLog.authorizationSucceeded(clientId, remoteAddress, permissions.list)
    const { owner, expiresAtMs } = identity
    const standing = new ReviewedStanding(ticket, this.#pipelineOf)
    return { kind: 'admitted', identity: { owner, expiresAtMs, standing }, permissions }
  }

  /** Decides as `admit` does, and tells nobody but `trace`. */
  explain(credentials: Credentials, trace: DecisionTrace): Promise<PipelineOutcome> {
    return this.#decide(credentials, this.#pipelineOf(credentials.listener.name), 'all', trace)
  }

  refuseAdmitted(client: AdmittedClient, cause: LateRefusalCause): string {
    this.#accessLog.authorizationFailed(client.clientId, client.remoteAddress, LATE_REASONS[cause])
    return this.#tell(client, this.#pipelineOf(client.listener.name), refused(cause))
  }

  async #decide(
    credentials: Credentials,
    pipeline: ListenerPipeline | undefined,
    allowance: Allowance,
    trace?: DecisionTrace,
  ): Promise<PipelineOutcome> {
    const refusal = unservable(credentials, pipeline)
    trace?.({ kind: 'pipeline', name: pipeline?.name, refusal })
    if (pipeline === undefined || refusal !== undefined) {
      return { kind: 'unauthenticated', refusal: refusal ?? refused('no_pipeline') }
    }
    return await pipeline.run(credentials, allowance, trace)
  }

  /** A client that is in already has paid with a good token, and loses its connection by the first bad one. */
  #allowance({ remoteAddress, again }: Credentials): Allowance {
    if (again === true) return 'all'
    const spent = this.#failures.size > 0 && this.#failures.spent(addressBlock(remoteAddress), this.#clock.nowMs())
    return spent ? 'nothing-costly' : 'within-budget'
  }

  #unauthenticated(credentials: Credentials, pipeline: ListenerPipeline | undefined, refusal: Refusal): Admission {
    this.#failures.charge(addressBlock(credentials.remoteAddress), refusal.cause, this.#clock.nowMs())
    this.#accessLog.authenticationFailed(credentials.clientId, credentials.remoteAddress, GENERIC_REASON)
    return this.#refuse(credentials, pipeline, refusal)
  }

  #refuse(credentials: Credentials, pipeline: ListenerPipeline | undefined, refusal: Refusal): Admission {
    const { cause } = refusal
    this.#tellOfSpell(credentials, cause)
    const reference = this.#tell(credentials, pipeline, refusal)
    return { kind: 'refused', reasonCode: refusalReasonCode(cause), cause, reference }
  }

  #tellOfSpell({ remoteAddress, listener }: Credentials, cause: RefusalCause): void {
    if (cause !== 'address_over_budget' || !this.#failures.firstOfSpell(addressBlock(remoteAddress))) return
    this.#log.warn('too many bad tokens or passwords from one address', {
      peer: remoteAddress,
      listener: listener.name,
    })
  }

  /** The log event of a refusal, with the reference by which it is found. */
  #tell(client: AdmittedClient, pipeline: ListenerPipeline | undefined, { cause, detail }: Refusal): string {
    const { clientId, listener, remoteAddress } = client
    const reference = refusalReference(this.#random)
    const fields = {
      ...detail,
      clientId: shortened(clientId),
      peer: remoteAddress,
      listener: listener.name,
      pipeline: pipeline?.name,
      cause,
      reference,
    }
    // A flood is told of once, at its begin; its log must not be one too.
    if (OVER_BUDGET.has(cause)) this.#log.debug('client refused', fields)
    else this.#log.info('client refused', fields)
    return reference
  }
}

/** By the names of their listeners. */
function pipelinesOf(options: ListenerPipelinesOptions): ReadonlyMap<string, ListenerPipeline> {
  return new Map(
    options.model.pipelines.map(pipeline => [pipeline.listener, new ListenerPipeline(pipeline, options, options.log)]),
  )
}

/** What keeps credentials from being looked at by the pipeline of their listener. */
function unservable(
  { authenticationMethod }: Credentials,
  pipeline: ListenerPipeline | undefined,
): Refusal | undefined {
  if (pipeline === undefined) return refused('no_pipeline')
  if (authenticationMethod === undefined) return undefined
  if (pipeline.verifiesTokens && isTokenMethod(authenticationMethod)) return undefined
  return refused('authentication_method', { method: shortened(authenticationMethod) })
}
