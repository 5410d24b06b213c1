import { habitsOf } from './claim-habits.ts'
import { checkClaims } from './claims.ts'
import { refusalIn } from './decision-trace.ts'
import type { DecisionTrace } from './decision-trace.ts'
import { confirmed, introspected, refusalOf } from './introspected-token.ts'
import type { Introspections } from './introspection.ts'
import { member, type JsonObject } from './json-object.ts'
import { opaqueToken } from './opaque-token.ts'
import { presentedToken } from './presented-token.ts'
import { realmId } from './realm-id.ts'
import { refused } from './refusal-cause.ts'
import type { Revocations } from './revocations.ts'
import { tokenIdentity, type TokenIdentity } from './token-identity.ts'
import { TokenStanding } from './token-standing.ts'
import { BrokerError } from '../core/errors.ts'
import type {
  Authenticated,
  AuthenticationAttempt,
  AuthenticationOutcome,
  Authenticator,
  EarlierProof,
  ProvenToken,
} from './authenticator.ts'
import type { JwtRealmModel, JwtValidationModel } from './security-model.ts'
import type { TokenVerifier, Verdict } from './token-verifier.ts'
import type { Clock, Random } from '../ports/clock.ts'

/** What the JWT realms of a worker share. */
export interface JwtRealmParts {
  readonly verifier: TokenVerifier
  readonly introspections: Introspections
  readonly revocations: Revocations
  readonly clock: Clock
  readonly random: Random
}

/**
 * Authenticates the clients of one pipeline by an access token in the MQTT password, or in the Authentication Data of
 * MQTT 5; the user name is free.
 */
export class JwtRealm implements Authenticator {
  readonly #realm: JwtRealmModel
  readonly #rules: JwtValidationModel
  readonly #parts: JwtRealmParts

  constructor(realm: JwtRealmModel, rules: JwtValidationModel, parts: JwtRealmParts) {
    if (rules.introspection !== undefined && realm.introspection === undefined) {
      throw new BrokerError('CONFIGURATION', `realm ${realm.name} has no introspection endpoint, which is switched on`)
    }
    this.#realm = realm
    this.#rules = rules
    this.#parts = parts
  }

  authenticate(credentials: AuthenticationAttempt): Promise<AuthenticationOutcome> | AuthenticationOutcome {
    credentials.trace?.({ kind: 'realm', realm: this.#realm, rules: this.#rules })
    const token = presentedToken(credentials)
    const verdict = this.#decide(token, credentials)
    return verdict instanceof Promise
      ? verdict.then(found => this.#outcome(found, token, credentials.trace))
      : this.#outcome(verdict, token, credentials.trace)
  }

  /** Holds a token that was found good before against this realm and its rules. */
  again({ claims, token, credentials }: EarlierProof): Authenticated | undefined {
    if (claims === undefined || token === undefined || !this.#vouchesFor(token)) return undefined
    const nowMs = this.#parts.clock.nowMs()
    const expiresAtMs = token.endsAtMs + this.#rules.expGraceSeconds * 1000
    if (nowMs >= expiresAtMs || checkClaims(claims, this.#rules, credentials, nowMs) !== undefined) return undefined
    const standing = token.standing.inRealm(realmId(this.#realm), this.#recheckMs)
    return standing === undefined ? undefined : this.#authenticated(claims, expiresAtMs, token.keyId, standing)
  }

  /** Whether whoever has found the token good is whom this realm believes. */
  #vouchesFor({ realm, rules, keyId }: ProvenToken): boolean {
    const { introspection } = this.#realm
    const sameServer = realm.introspection?.endpoint === introspection?.endpoint
    if (introspection?.only === true) return keyId === undefined && sameServer
    if (keyId === undefined) return false
    // A key of the realm that was given up meanwhile does not end connections.
    const sameKeys = realmId(realm) === realmId(this.#realm) || this.#parts.verifier.trusts(realmId(this.#realm), keyId)
    const toBeAsked = this.#rules.introspection?.sampling ?? 0
    return sameKeys && (toBeAsked === 0 || (sameServer && toBeAsked <= (rules.introspection?.sampling ?? 0)))
  }

  #decide(token: Buffer | undefined, credentials: AuthenticationAttempt): Promise<Verdict> | Verdict {
    if (this.#realm.introspection?.only === true) return this.#introspect(token, credentials)
    const verdict = this.#parts.verifier.verify(realmId(this.#realm), token, this.#rules, credentials)
    const { introspection } = this.#rules
    if (introspection === undefined || this.#parts.random.fraction() >= introspection.sampling) return verdict
    return this.#confirm(token, verdict, credentials.trace)
  }

  /** The introspection of a token that nothing here could tell good from bad. */
  async #introspect(token: Buffer | undefined, credentials: AuthenticationAttempt): Promise<Verdict> {
    const { introspections, clock } = this.#parts
    const { trace } = credentials
    const opaque = opaqueToken(token)
    trace?.({ kind: 'form', password: token, refusal: refusalIn(opaque) })
    if (opaque.kind === 'refused') return opaque
    const knownOnly = credentials.allowance === 'nothing-costly'
    const answer = await introspections.ask(realmId(this.#realm), opaque.text, knownOnly)
    if (knownOnly && answer.kind === 'unavailable') return refused('address_over_budget')
    trace?.({ kind: 'introspection', answer, refusal: refusalOf(answer) })
    return introspected(answer, this.#rules, credentials, clock.nowMs())
  }

  /** The introspection of a token that was found good here; of one that was not nobody is asked. */
  async #confirm(
    token: Buffer | undefined,
    deciding: Promise<Verdict> | Verdict,
    trace: DecisionTrace | undefined,
  ): Promise<Verdict> {
    const verdict = await deciding
    if (verdict.kind === 'refused' || token === undefined) return verdict
    const answer = await this.#parts.introspections.ask(realmId(this.#realm), token.toString('latin1'))
    const decided = confirmed(verdict, answer, this.#rules)
    trace?.({ kind: 'introspection', answer, refusal: refusalIn(decided) })
    return decided
  }

  #outcome(verdict: Verdict, presented: Buffer | undefined, trace: DecisionTrace | undefined): AuthenticationOutcome {
    if (verdict.kind === 'refused') return verdict
    const { claims, expiresAtMs } = verdict
    const { revocations, clock } = this.#parts
    const token = tokenIdentity(claims, presented, this.#rules.preset)
    const nowMs = clock.nowMs()
    const revoked = revocations.covers(token, nowMs) ? refused('token_revoked') : undefined
    trace?.({ kind: 'revocation', refusal: revoked })
    if (revoked !== undefined) return revoked
    // While the server was asked the last second of the token may have passed.
    if (nowMs >= expiresAtMs) return refused('token_expired')
    return this.#authenticated(claims, expiresAtMs, verdict.keyId, this.#standing(token, presented))
  }

  #authenticated(
    claims: JsonObject,
    expiresAtMs: number,
    keyId: string | undefined,
    standing: TokenStanding,
  ): Authenticated {
    const endsAtMs = expiresAtMs - this.#rules.expGraceSeconds * 1000
    return {
      kind: 'authenticated',
      owner: this.#owner(claims),
      expiresAtMs: this.#rules.staysAfterExpiry === true ? undefined : expiresAtMs,
      claims,
      standing,
      token: { realm: this.#realm, rules: this.#rules, keyId, endsAtMs, standing },
    }
  }

  #standing(token: TokenIdentity, presented: Buffer | undefined): TokenStanding {
    const recheckMs = this.#recheckMs
    return new TokenStanding(this.#parts, realmId(this.#realm), token, {
      recheckMs,
      // Kept for as long as the client is connected only where it is asked about again.
      text: recheckMs === undefined ? undefined : presented?.toString('latin1'),
    })
  }

  get #recheckMs(): number | undefined {
    const againSeconds = this.#realm.introspection?.againSeconds
    return againSeconds === undefined ? undefined : againSeconds * 1000
  }

  /**
   * Who the token is of: its subject, as its issuer knows it. An issuer that no rule checked is only what a token of
   * this realm says, so its subjects are kept apart from those of other realms.
   */
  #owner(claims: JsonObject): string {
    const issuer = member(claims, 'iss') ?? null
    const scope = this.#rules.issuers.length > 0 ? { issuer } : { realm: this.#realm.name, issuer }
    return JSON.stringify({ ...scope, ...principal(claims, habitsOf(this.#rules.preset).clientClaims) })
  }
}

/**
 * `sub`, or the client itself where a grant has no subject (client_credentials of some servers). The two are told
 * apart, for a user may have the name of a client.
 */
function principal(
  claims: JsonObject,
  clientClaims: readonly string[],
): { readonly subject: unknown } | { readonly client: unknown } {
  const sub = member(claims, 'sub')
  if (sub !== undefined && sub !== '') return { subject: sub }
  const claim = clientClaims.find(name => Object.hasOwn(claims, name))
  return { client: claim === undefined ? null : claims[claim] }
}
