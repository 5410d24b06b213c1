import type { AuthorizationServer } from './authorization-server.ts'
import type { GuardbeeSettings } from './guardbee-process.ts'

/** Settings with which guardbee takes the access tokens of this authorization server. */
export function jwtSettings(server: AuthorizationServer): GuardbeeSettings {
  return {
    GUARDBEE_JWT_ISSUER: server.issuer,
    GUARDBEE_JWT_JWKS_URI: server.keysUri,
    GUARDBEE_JWT_AUDIENCE: server.audience,
    GUARDBEE_JWT_SCOPE: 'mqtt',
    GUARDBEE_JWT_SCOPE_CLAIM: 'scp',
  }
}
