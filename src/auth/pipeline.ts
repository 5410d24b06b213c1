import type { Admission, AdmittedClient, Credentials, Door, LateRefusalCause } from '../ports/auth.ts'
import type { Random } from '../ports/clock.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { ReviewedStanding } from './admission-review.ts'
import { AUTHORIZATION_REASON, GENERIC_REASON, LATE_REASONS } from './access-log-line.ts'
import type { AccessLog } from './access-log.ts'
import type { JwtAuthenticatorFactory } from './authenticator.ts'
import type { DecisionTrace } from './decision-trace.ts'
import { uncheckedRealms } from './jwt-managers.ts'
import { ListenerPipeline } from './listener-pipeline.ts'
import type { PipelineOutcome } from './listener-pipeline.ts'
import type { PasswordVerifier } from './password-pool.ts'
import { isTokenMethod } from './presented-token.ts'
import { shortened } from './printable-text.ts'
import { refused } from './refusal-cause.ts'
import type { Refusal } from './refusal-cause.ts'
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
}

const ALL = 'ALL'

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

  /** Throws `CONFIGURATION` when a part of the model does not fit together. */
  constructor(options: ListenerPipelinesOptions) {
    const { accessLog, log, random } = options
    this.#options = options
    this.#byListener = pipelinesOf(options)
    this.#accessLog = accessLog
    this.#log = log
    this.#random = random
  }

  /**
   * Lets clients in by another model from now on; those that are in are held against it by their `review`. Throws
   * `CONFIGURATION` when the model does not fit together, and then the one before stays.
   */
  use(model: SecurityModel): void {
    this.#byListener = pipelinesOf({ ...this.#options, model })
  }

  /** Says by name which realms let every token of their issuer in. */
  warnUnchecked(): void {
    for (const realm of uncheckedRealms(this.#options.model)) {
      this.#log.warn('any token of this realm lets a client in: no <jwt-validation> says what must stand in it', {
        realm,
      })
    }
  }

  /** Says which of the open listeners refuse everyone, and which pipelines name a listener that is not open. */
  warnUncovered(listeners: readonly ListenerIdentity[]): void {
    for (const { name } of listeners) {
      if (this.#pipelineOf(name) !== undefined) continue
      this.#log.warn('no pipeline covers this listener: all its clients are refused', { listener: name })
    }
    const open = new Set(listeners.map(({ name }) => name))
    for (const [listener, { name }] of this.#byListener) {
      if (listener === ALL || open.has(listener)) continue
      this.#log.warn('pipeline names a listener that is not open', { listener, pipeline: name })
    }
  }

  async admit(credentials: Credentials): Promise<Admission> {
    const { clientId, remoteAddress, listener } = credentials
    const pipeline = this.#pipelineOf(listener.name)
    const outcome = await this.#decide(credentials, pipeline)
    if (outcome.kind === 'unauthenticated') return this.#unauthenticated(credentials, pipeline, outcome.refusal)
    this.#accessLog.authenticationSucceeded(clientId, remoteAddress)
    if (outcome.kind === 'unauthorized') {
      this.#accessLog.authorizationFailed(clientId, remoteAddress, AUTHORIZATION_REASON)
      return this.#refuse(credentials, pipeline, outcome.refusal)
    }
    const { identity, ticket } = outcome
    const { permissions } = ticket
    this.#accessLog.authorizationSucceeded(clientId, remoteAddress, permissions.list)
    const { owner, expiresAtMs } = identity
    const standing = new ReviewedStanding(identity.standing, ticket, name => this.#pipelineOf(name))
    return { kind: 'admitted', identity: { owner, expiresAtMs, standing }, permissions }
  }

  /** Decides as `admit` does, and tells nobody but `trace`. */
  explain(credentials: Credentials, trace: DecisionTrace): Promise<PipelineOutcome> {
    return this.#decide(credentials, this.#pipelineOf(credentials.listener.name), trace)
  }

  refuseAdmitted(client: AdmittedClient, cause: LateRefusalCause): string {
    this.#accessLog.authorizationFailed(client.clientId, client.remoteAddress, LATE_REASONS[cause])
    return this.#tell(client, this.#pipelineOf(client.listener.name), refused(cause))
  }

  async #decide(
    credentials: Credentials,
    pipeline: ListenerPipeline | undefined,
    trace?: DecisionTrace,
  ): Promise<PipelineOutcome> {
    const refusal = unservable(credentials, pipeline)
    trace?.({ kind: 'pipeline', name: pipeline?.name, refusal })
    if (pipeline === undefined || refusal !== undefined) {
      return { kind: 'unauthenticated', refusal: refusal ?? refused('no_pipeline') }
    }
    return await pipeline.run(credentials, trace)
  }

  #unauthenticated(credentials: Credentials, pipeline: ListenerPipeline | undefined, refusal: Refusal): Admission {
    this.#accessLog.authenticationFailed(credentials.clientId, credentials.remoteAddress, GENERIC_REASON)
    return this.#refuse(credentials, pipeline, refusal)
  }

  #refuse(credentials: Credentials, pipeline: ListenerPipeline | undefined, refusal: Refusal): Admission {
    const { cause } = refusal
    const reference = this.#tell(credentials, pipeline, refusal)
    return { kind: 'refused', reasonCode: refusalReasonCode(cause), cause, reference }
  }

  /** The log event of a refusal, with the reference by which it is found. */
  #tell(client: AdmittedClient, pipeline: ListenerPipeline | undefined, { cause, detail }: Refusal): string {
    const { clientId, listener, remoteAddress } = client
    const reference = refusalReference(this.#random)
    this.#log.info('client refused', {
      ...detail,
      clientId: shortened(clientId),
      peer: remoteAddress,
      listener: listener.name,
      pipeline: pipeline?.name,
      cause,
      reference,
    })
    return reference
  }

  #pipelineOf(listenerName: string): ListenerPipeline | undefined {
    return this.#byListener.get(listenerName) ?? this.#byListener.get(ALL)
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
