import type { Authenticator, JwtAuthenticatorFactory } from './authenticator.ts'
import { IssuerChoice } from './issuer-choice.ts'
import { JwtRealm } from './jwt-realm.ts'
import type { JwtRealmParts } from './jwt-realm.ts'
import type { CustomClaimModel, JwtRealmModel, JwtValidationModel } from './security-model.ts'

/** Claims that must equal what the client says of itself in CONNECT; undefined: no such demand. */
export interface ClientBinding {
  /** The claim that is the Client Identifier. */
  readonly clientIdClaim: string | undefined
  /** The claim that is the user name. */
  readonly usernameClaim: string | undefined
}

/** Makes the authenticators of the pipelines with a JWT authentication manager. */
export function jwtAuthenticators(parts: JwtRealmParts, binding: ClientBinding): JwtAuthenticatorFactory {
  const demanded = demandedClaims(binding)
  const one = (realm: JwtRealmModel, rules: JwtValidationModel): Authenticator => {
    const bound = demanded.length === 0 ? rules : { ...rules, customClaims: [...rules.customClaims, ...demanded] }
    return new JwtRealm(realm, bound, parts)
  }
  return (realm, rules) => {
    if (realm.issuers === undefined) return one(realm, rules)
    return new IssuerChoice(
      realm.issuers.map(issuer => ({
        issuers: issuer.validation.issuers,
        authenticator: one(issuer.realm, issuer.validation),
        opaque: issuer.realm.introspection?.only === true,
      })),
    )
  }
}

function demandedClaims({ clientIdClaim, usernameClaim }: ClientBinding): readonly CustomClaimModel[] {
  return [
    ...(clientIdClaim === undefined ? [] : [{ name: clientIdClaim, value: '${mqtt-clientid}' }]),
    ...(usernameClaim === undefined ? [] : [{ name: usernameClaim, value: '${mqtt-username}' }]),
  ]
}
