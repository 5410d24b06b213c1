import { BrokerError } from '../core/errors.ts'
import { allowAllPermissions } from '../core/permissions.ts'
import type { Permissions } from '../core/permissions.ts'
import type { Admission, Credentials, Door } from '../ports/auth.ts'
import type { Random } from '../ports/clock.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { Log } from '../ports/telemetry.ts'
import { ReasonCode } from '../protocol/reason-codes.ts'
import { GENERIC_REASON } from './access-log-line.ts'
import type { AccessLog } from './access-log.ts'
import type { AuthenticationOutcome, Authenticator, JwtAuthenticatorFactory } from './authenticator.ts'
import { shortened } from './printable-text.ts'
import { refused } from './refusal-cause.ts'
import type { Refusal, RefusalCause } from './refusal-cause.ts'
import { refusalReference } from './refusal-reference.ts'
import type { ListenerPipelineModel, SecurityModel } from './security-model.ts'

/** What the pipelines run on. */
export interface ListenerPipelinesOptions {
  readonly model: SecurityModel
  readonly jwtAuthenticator: JwtAuthenticatorFactory
  readonly accessLog: AccessLog
  readonly log: Log
  readonly random: Random
}

/** One pipeline, ready to run. */
interface Pipeline {
  readonly name: string
  readonly authenticator: Authenticator
  readonly permissions: Permissions
}

const ALL = 'ALL'

const allowAll: Authenticator = {
  authenticate: () => ({ kind: 'authenticated', owner: '', expiresAtMs: undefined }),
}

/**
 * The door: each listener has a pipeline, its own one or that for `ALL`, and a listener without one lets nobody in.
 * Every decision is a line of the access log; a refusal is also a line of the structured log with its exact cause.
 */
export class ListenerPipelines implements Door {
  readonly #byListener: ReadonlyMap<string, Pipeline>
  readonly #accessLog: AccessLog
  readonly #log: Log
  readonly #random: Random

  constructor({ model, jwtAuthenticator, accessLog, log, random }: ListenerPipelinesOptions) {
    this.#byListener = new Map(
      model.pipelines.map(pipeline => [pipeline.listener, readyPipeline(pipeline, model, jwtAuthenticator)]),
    )
    this.#accessLog = accessLog
    this.#log = log
    this.#random = random
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
    const pipeline = this.#pipelineOf(credentials.listener.name)
    if (pipeline === undefined) return this.#refuse(credentials, undefined, refused('no_pipeline'))
    const outcome = await this.#authenticate(credentials, pipeline)
    if (outcome.kind === 'refused') return this.#refuse(credentials, pipeline, outcome)
    const { clientId, remoteAddress } = credentials
    this.#accessLog.authenticationSucceeded(clientId, remoteAddress)
    this.#accessLog.authorizationSucceeded(clientId, remoteAddress, pipeline.permissions.list)
    const identity = { owner: outcome.owner, expiresAtMs: outcome.expiresAtMs }
    return { kind: 'admitted', identity, permissions: pipeline.permissions }
  }

  async #authenticate(credentials: Credentials, { name, authenticator }: Pipeline): Promise<AuthenticationOutcome> {
    if (credentials.authenticationMethod !== undefined) {
      return refused('authentication_method', { method: shortened(credentials.authenticationMethod) })
    }
    try {
      return await authenticator.authenticate(credentials)
    } catch (error) {
      this.#log.error('authentication failed by a fault of the broker', error, { pipeline: name })
      return refused('internal')
    }
  }

  #refuse(credentials: Credentials, pipeline: Pipeline | undefined, { cause, detail }: Refusal): Admission {
    const { clientId, listener, remoteAddress } = credentials
    const reference = refusalReference(this.#random)
    this.#accessLog.authenticationFailed(clientId, remoteAddress, GENERIC_REASON)
    this.#log.info('client refused', {
      ...detail,
      clientId: shortened(clientId),
      peer: remoteAddress,
      listener: listener.name,
      pipeline: pipeline?.name,
      cause,
      reference,
    })
    return { kind: 'refused', reasonCode: reasonCodeOf(cause), cause, reference }
  }

  #pipelineOf(listenerName: string): Pipeline | undefined {
    return this.#byListener.get(listenerName) ?? this.#byListener.get(ALL)
  }
}

function readyPipeline(
  { name, authentication }: ListenerPipelineModel,
  model: SecurityModel,
  jwtAuthenticator: JwtAuthenticatorFactory,
): Pipeline {
  if (authentication.kind === 'allow-all') return { name, authenticator: allowAll, permissions: allowAllPermissions }
  const realm = model.realms.find(candidate => candidate.name === authentication.realm)
  if (realm === undefined) {
    throw new BrokerError('CONFIGURATION', `pipeline ${name} names realm ${authentication.realm}, which is not there`)
  }
  const authenticator = jwtAuthenticator(realm, authentication.validation)
  return { name, authenticator, permissions: allowAllPermissions }
}

/** A client whose token may be good is asked to come again; all others are not authorized, with or without a token. */
function reasonCodeOf(cause: RefusalCause): number {
  switch (cause) {
    case 'keys_unavailable':
    case 'overloaded':
    case 'internal':
      return ReasonCode.ServerUnavailable
    case 'authentication_method':
      return ReasonCode.BadAuthenticationMethod
    default:
      return ReasonCode.NotAuthorized
  }
}
