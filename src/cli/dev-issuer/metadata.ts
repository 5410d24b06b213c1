import { DEV_SCOPE } from './access-tokens.ts'

const CLIENT_AUTHENTICATION = ['client_secret_basic', 'client_secret_post']

/** The metadata document of OpenID Connect Discovery and of RFC 8414, which are one here. */
export function metadata(issuer: string): object {
  return {
    issuer,
    jwks_uri: `${issuer}/jwks`,
    token_endpoint: `${issuer}/token`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: [DEV_SCOPE],
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    introspection_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION,
  }
}
