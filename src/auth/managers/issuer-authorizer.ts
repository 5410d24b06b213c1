import { member } from '../json-object.ts'
import type { AuthorizationOutcome, AuthorizationRequest, Authorizer } from './authorizer.ts'

/** What decides for the tokens of some issuers. */
export interface IssuerAuthorization {
  readonly issuers: readonly string[]
  readonly authorizer: Authorizer
}

/** Lets the issuer of a client's token decide whose rules count; the token has been verified by those of that issuer. */
export class IssuerAuthorizer implements Authorizer {
  readonly #byIssuer: ReadonlyMap<unknown, Authorizer>

  constructor(authorizations: readonly IssuerAuthorization[]) {
    this.#byIssuer = new Map(
      authorizations.flatMap(({ issuers, authorizer }) => issuers.map(issuer => [issuer, authorizer])),
    )
  }

  authorize(request: AuthorizationRequest): AuthorizationOutcome {
    const issuer = request.claims === undefined ? undefined : member(request.claims, 'iss')
    return this.#byIssuer.get(issuer)?.authorize(request) ?? { kind: 'unknown' }
  }
}
