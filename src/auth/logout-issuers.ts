import { jwtManagers } from './jwt-managers.ts'
import type { LogoutIssuer } from './logout-token.ts'
import { realmId } from './realm-id.ts'
import type { JwtRealmModel, JwtValidationModel, SecurityModel } from './security-model.ts'

/** The issuers that the pipelines check by name, whose logout tokens count therefore. */
export function logoutIssuers(model: SecurityModel): readonly LogoutIssuer[] {
  return jwtManagers(model).flatMap(
    ({ realm, validation }) =>
      realm.issuers?.flatMap(one => issuersOf(one.realm, one.validation)) ?? issuersOf(realm, validation),
  )
}

function issuersOf(realm: JwtRealmModel, { issuers, audience }: JwtValidationModel): readonly LogoutIssuer[] {
  const audiences = [audience, realm.introspection?.username].filter(one => one !== undefined)
  // What depends on the client that connects names no issuer.
  return issuers
    .filter(issuer => !issuer.includes('${'))
    .map(issuer => ({ issuer, realm: realmId(realm), audiences: audiences.filter(one => !one.includes('${')) }))
}
