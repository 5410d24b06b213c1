import type {
  Authenticated,
  AuthenticationAttempt,
  AuthenticationOutcome,
  Authenticator,
  EarlierProof,
} from './authenticator.ts'
import { member } from './json-object.ts'
import { presentedToken } from './presented-token.ts'
import { unexpected } from './refusal-cause.ts'
import type { Refusal } from './refusal-cause.ts'
import { compactToken, decodeToken } from './token-grammar.ts'

/** The authenticator of one of several issuers. */
export interface IssuerAuthenticator {
  /** Every spelling of `iss` that is this issuer's. */
  readonly issuers: readonly string[]
  readonly authenticator: Authenticator
  /** Its tokens need not be JWTs. */
  readonly opaque: boolean
}

/**
 * Hands a token to the issuer that its `iss` names, if that is configured; nothing else of the token is believed yet,
 * and nothing is asked of anybody else. What is no JWT goes to the one issuer of opaque tokens, where there is one.
 */
export class IssuerChoice implements Authenticator {
  readonly #byIssuer: ReadonlyMap<unknown, Authenticator>
  readonly #opaque: Authenticator | undefined
  readonly #expected: string

  constructor(issuers: readonly IssuerAuthenticator[]) {
    this.#byIssuer = new Map(issuers.flatMap(one => one.issuers.map(issuer => [issuer, one.authenticator] as const)))
    const opaque = issuers.filter(one => one.opaque)
    this.#opaque = opaque.length === 1 ? opaque[0]?.authenticator : undefined
    this.#expected = [...this.#byIssuer.keys()].join(' ')
  }

  authenticate(credentials: AuthenticationAttempt): Promise<AuthenticationOutcome> | AuthenticationOutcome {
    const token = presentedToken(credentials)
    const compact = compactToken(token)
    if (compact.kind === 'refused') return this.#otherwise(credentials, compact)
    const decoded = decodeToken(compact)
    if (decoded.kind === 'refused') return this.#otherwise(credentials, decoded)
    const issuer = member(decoded.payload, 'iss')
    const chosen = this.#byIssuer.get(issuer)
    if (chosen !== undefined) return chosen.authenticate(credentials)
    const refusal = unexpected('issuer', 'iss', this.#expected, issuer)
    credentials.trace?.({ kind: 'issuer-choice', claims: decoded.payload, refusal })
    return refusal
  }

  again(proof: EarlierProof): Authenticated | undefined {
    const issuer = proof.claims && member(proof.claims, 'iss')
    return (this.#byIssuer.get(issuer) ?? this.#opaque)?.again?.(proof)
  }

  #otherwise(
    credentials: AuthenticationAttempt,
    refusal: Refusal,
  ): Promise<AuthenticationOutcome> | AuthenticationOutcome {
    if (this.#opaque !== undefined) return this.#opaque.authenticate(credentials)
    credentials.trace?.({ kind: 'form', password: presentedToken(credentials), refusal })
    return refusal
  }
}
