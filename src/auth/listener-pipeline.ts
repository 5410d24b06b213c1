import { compilePermissions } from '../core/compiled-permissions.ts'
import { fillPlaceholders } from '../core/permission-placeholders.ts'
import { ALLOW_ALL, allowAllPermissions } from '../core/permissions.ts'
import type { Permissions } from '../core/permissions.ts'
import type { Credentials, Identity } from '../ports/auth.ts'
import type { Log } from '../ports/telemetry.ts'
import type { AdmissionTicket, ReviewingPipeline } from './admission-review.ts'
import type {
  Allowance,
  Authenticated,
  AuthenticationAttempt,
  AuthenticationOutcome,
  Authenticator,
} from './authenticator.ts'
import { refusalIn } from './decision-trace.ts'
import type { DecisionTrace } from './decision-trace.ts'
import { EseVariables } from './ese-variables.ts'
import { member } from './json-object.ts'
import { authenticatorOf, authorizerOf } from './managers/managers.ts'
import type { ManagerParts } from './managers/managers.ts'
import type { AuthorizationOutcome, Authorizer } from './managers/authorizer.ts'
import { PipelineBasis } from './pipeline-basis.ts'
import type { Preprocessor, PreprocessorContext } from './preprocessors/preprocessor.ts'
import { preprocessorOf } from './preprocessors/preprocessors.ts'
import { shortened } from './printable-text.ts'
import { verifiesTokens } from './token-use.ts'
import { refused } from './refusal-cause.ts'
import type { Refusal } from './refusal-cause.ts'
import type { ListenerPipelineModel } from './security-model.ts'

/** How far a client came in a pipeline. */
export type PipelineOutcome =
  | { readonly kind: 'admitted'; readonly ticket: AdmissionTicket }
  /** It proved who it is, and may not do anything. */
  | { readonly kind: 'unauthorized'; readonly refusal: Refusal }
  | { readonly kind: 'unauthenticated'; readonly refusal: Refusal }

/** One pipeline: preprocessors, an authentication manager, preprocessors again, an authorization manager. */
export class ListenerPipeline implements ReviewingPipeline {
  readonly name: string
  /** What its decisions rest on; each pipeline has its own. */
  readonly basis: PipelineBasis
  /** Whether a token can let a client in. */
  readonly verifiesTokens: boolean
  readonly #beforeAuthentication: readonly Preprocessor[]
  readonly #authenticator: Authenticator
  readonly #beforeAuthorization: readonly Preprocessor[]
  readonly #authorizer: Authorizer
  readonly #log: Log
  readonly #preprocesses: boolean

  /** Throws `CONFIGURATION` when a part of the model does not fit together. */
  constructor(model: ListenerPipelineModel, parts: ManagerParts, log: Log) {
    this.name = model.name
    this.verifiesTokens = verifiesTokens(model.authentication)
    this.#beforeAuthentication = (model.authenticationPreprocessors ?? []).map(preprocessorOf)
    this.#authenticator = authenticatorOf(model.authentication, parts)
    this.#beforeAuthorization = (model.authorizationPreprocessors ?? []).map(preprocessorOf)
    this.#authorizer = authorizerOf(model.authorization, parts)
    this.#log = log
    this.basis = new PipelineBasis(model, parts.model)
    this.#preprocesses = this.#beforeAuthentication.length + this.#beforeAuthorization.length > 0
  }

  /** Never rejects: a fault of ours is a refusal too. */
  async run(credentials: Credentials, allowance: Allowance, trace?: DecisionTrace): Promise<PipelineOutcome> {
    const variables = new EseVariables(credentials)
    const context = { credentials, variables, verified: undefined, log: this.#log, attributes: [] }
    const attempt = this.#attempt(context, allowance, trace)
    if (attempt === undefined) return { kind: 'unauthenticated', refusal: refused('internal') }
    const outcome = await this.#authenticate(attempt)
    if (outcome.kind === 'refused') return { kind: 'unauthenticated', refusal: outcome }
    const permissions = this.#authorize(context, attempt, outcome)
    const secret = variables.isSecret('authorization-key')
    const authorizationKey = secret ? undefined : variables.string('authorization-key')
    trace?.({ kind: 'permissions', authorizationKey, refusal: refusalIn(permissions) })
    if ('kind' in permissions) return { kind: 'unauthorized', refusal: permissions }
    return { kind: 'admitted', ticket: this.#ticket(credentials, variables, outcome, permissions) }
  }

  /**
   * A client that another pipeline has let in, as it is by this one; undefined: it is not let in, or its credentials
   * would have to be looked at again, for what preprocessors made of them is not kept. A user whose password was changed
   * is another user.
   */
  again(ticket: AdmissionTicket): AdmissionTicket | undefined {
    const proof = this.#provenAgain(ticket)
    if (proof === undefined || proof.identity.owner !== ticket.identity.owner) return undefined
    const permissions = this.#permissionsAgain(ticket)
    return permissions && { ...ticket, ...proof, basis: this.basis, permissions }
  }

  #provenAgain(ticket: AdmissionTicket): Pick<AdmissionTicket, 'identity' | 'token'> | undefined {
    const { basis, user, identity, token } = ticket
    if (this.basis.provesLike(basis)) {
      return user === undefined || this.basis.knows(user) ? { identity, token } : undefined
    }
    if (!this.basis.preprocessesLike(basis)) return undefined
    const outcome = this.#authenticator.again?.(ticket)
    return outcome && { identity: identityOf(outcome), token: outcome.token }
  }

  #permissionsAgain(ticket: AdmissionTicket): Permissions | undefined {
    const { basis, credentials, authorizationKey, claims } = ticket
    if (this.#preprocesses) return this.basis.grantsLike(basis) ? ticket.permissions : undefined
    const variables = new EseVariables(credentials)
    variables.setString('authorization-key', authorizationKey, false)
    try {
      const permissions = ready(this.#authorizer.authorize({ credentials, variables, claims }), variables)
      return 'kind' in permissions ? undefined : permissions
    } catch (error) {
      this.#log.error('authorization failed by a fault of the broker', error, { pipeline: this.name })
      return undefined
    }
  }

  #ticket(
    credentials: Credentials,
    variables: EseVariables,
    outcome: Authenticated,
    permissions: Permissions,
  ): AdmissionTicket {
    const { listener, remoteAddress, clientCertificate, clientId, username, authenticationMethod } = credentials
    return {
      basis: this.basis,
      credentials: {
        listener,
        remoteAddress,
        clientCertificate,
        clientId,
        username,
        password: undefined,
        authenticationMethod,
        authenticationData: undefined,
      },
      user: outcome.user,
      claims: outcome.claims,
      token: outcome.token,
      authorizationKey: variables.string('authorization-key'),
      identity: identityOf(outcome),
      permissions,
    }
  }

  /** Undefined: a preprocessor failed, which it should not. */
  #attempt(
    context: PreprocessorContext,
    allowance: Allowance,
    trace: DecisionTrace | undefined,
  ): AuthenticationAttempt | undefined {
    const { credentials, variables, log } = context
    try {
      for (const preprocess of this.#beforeAuthentication) preprocess(context)
    } catch (error) {
      log.error('authentication failed by a fault of the broker', error, { pipeline: this.name })
      return undefined
    }
    const password = variables.bytes('authentication-byte-secret')
    // The token of an Authentication Method is that variable too, unless a preprocessor has set it.
    const key = variables.string('authentication-key')
    return { ...credentials, authenticationMethod: undefined, password, key, trace, allowance }
  }

  async #authenticate(attempt: AuthenticationAttempt): Promise<AuthenticationOutcome> {
    try {
      return await this.#authenticator.authenticate(attempt)
    } catch (error) {
      this.#log.error('authentication failed by a fault of the broker', error, { pipeline: this.name })
      return refused('internal')
    }
  }

  #authorize(
    context: PreprocessorContext,
    { password }: AuthenticationAttempt,
    { claims, authorizationKey }: Authenticated,
  ): Permissions | Refusal {
    const { credentials, variables, attributes, log } = context
    const key = authorizationKey ?? (claims && subjectOf(member(claims, 'sub')))
    if (variables.string('authorization-key') === undefined) variables.setString('authorization-key', key, false)
    const verified = claims === undefined || password === undefined ? undefined : { token: password, claims }
    try {
      for (const preprocess of this.#beforeAuthorization) preprocess({ ...context, verified })
      if (attributes.length > 0) {
        log.debug('attributes of a client', { clientId: shortened(credentials.clientId), attributes })
      }
      return ready(this.#authorizer.authorize({ credentials, variables, claims }), variables)
    } catch (error) {
      log.error('authorization failed by a fault of the broker', error, { pipeline: this.name })
      return refused('internal')
    }
  }
}

/** Fills in and compiles what the manager said. */
function ready(outcome: AuthorizationOutcome, variables: EseVariables): Permissions | Refusal {
  if (outcome.kind === 'refused') return outcome
  if (outcome.kind === 'unknown') return refused('unknown_authorization_key')
  const { permissions } = outcome
  if (permissions.length === 1 && permissions[0] === ALLOW_ALL) return allowAllPermissions
  const filled = fillPlaceholders(permissions, name => variables.string(name))
  if (filled.kind === 'unsafe') return refused('unsafe_placeholder', { placeholder: filled.placeholder })
  return compilePermissions(filled.permissions)
}

function identityOf({ owner, expiresAtMs, standing }: Authenticated): Identity {
  return standing === undefined ? { owner, expiresAtMs } : { owner, expiresAtMs, standing }
}

function subjectOf(sub: unknown): string | undefined {
  return typeof sub === 'string' && sub !== '' ? sub : undefined
}
