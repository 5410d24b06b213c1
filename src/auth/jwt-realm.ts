import { member, type JsonObject } from './json-object.ts'
import type { AuthenticationOutcome, Authenticator } from './authenticator.ts'
import type { JwtRealmModel, JwtValidationModel } from './security-model.ts'
import type { TokenVerifier, Verdict } from './token-verifier.ts'
import type { Credentials } from '../ports/auth.ts'

/** Authenticates the clients of one pipeline by a JWT in the MQTT password; the user name is free. */
export class JwtRealm implements Authenticator {
  readonly #realm: JwtRealmModel
  readonly #rules: JwtValidationModel
  readonly #verifier: TokenVerifier

  constructor(realm: JwtRealmModel, rules: JwtValidationModel, verifier: TokenVerifier) {
    this.#realm = realm
    this.#rules = rules
    this.#verifier = verifier
  }

  authenticate(credentials: Credentials): Promise<AuthenticationOutcome> | AuthenticationOutcome {
    const verdict = this.#verifier.verify(this.#realm.name, credentials.password, this.#rules, credentials)
    return verdict instanceof Promise ? verdict.then(found => this.#outcome(found)) : this.#outcome(verdict)
  }

  #outcome(verdict: Verdict): AuthenticationOutcome {
    if (verdict.kind === 'refused') return verdict
    return { kind: 'authenticated', owner: this.#owner(verdict.claims), expiresAtMs: verdict.expiresAtMs }
  }

  /**
   * Who the token is of: its subject, as its issuer knows it. An issuer that no rule checked is only what a token of
   * this realm says, so its subjects are kept apart from those of other realms.
   */
  #owner(claims: JsonObject): string {
    const issuer = member(claims, 'iss') ?? null
    const scope = this.#rules.issuers.length > 0 ? { issuer } : { realm: this.#realm.name, issuer }
    return JSON.stringify({ ...scope, ...principal(claims) })
  }
}

/**
 * `sub`, or the client itself where a grant has no subject (client_credentials of some servers). The two are told
 * apart, for a user may have the name of a client.
 */
function principal(claims: JsonObject): { readonly subject: unknown } | { readonly client: unknown } {
  const sub = member(claims, 'sub')
  return sub === undefined || sub === '' ? { client: member(claims, 'client_id') ?? null } : { subject: sub }
}
