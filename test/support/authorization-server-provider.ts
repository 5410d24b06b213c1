import { Provider } from 'oidc-provider'
import { SIGNING_ALGORITHMS } from './signing-keys.ts'
import { shapeToken } from './token-shapes.ts'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SigningAlgorithm, SigningKeys } from './signing-keys.ts'
import type { TokenParts, TokenShape } from './token-shapes.ts'

/** Whether the access token says something to whoever holds it. */
export type TokenFormat = 'jwt' | 'opaque'

/** What the provider is built from. */
export interface ProviderOptions {
  readonly issuer: string
  readonly audience: string
  readonly shape: TokenShape
  readonly format: TokenFormat
  readonly lifetimeSeconds: number
  readonly clientSecret: string
  readonly clientIdFor: (algorithm: SigningAlgorithm) => string
  /** Newest first: the first key that fits signs, all are published. */
  readonly keys: readonly SigningKeys[]
}

const ALGORITHM_FIELD = 'x:algorithm'
// A resource indicator must be an absolute URI (RFC 8707); the audience in the token need not be one.
const RESOURCE = 'urn:mqtt:broker'

/** Builds oidc-provider for client_credentials with JWT access tokens; its answer to a request is returned. */
export function createProvider(options: ProviderOptions): (request: IncomingMessage, response: ServerResponse) => void {
  const { lifetimeSeconds } = options
  const provider = new Provider(options.issuer, {
    clients: SIGNING_ALGORITHMS.map(algorithm => client(options, algorithm)),
    jwks: { keys: options.keys.flatMap(keys => SIGNING_ALGORITHMS.map(algorithm => keys[algorithm].privateJwk)) },
    cookies: { keys: ['test-only'] },
    scopes: ['openid', 'mqtt'],
    extraClientMetadata: { properties: [ALGORITHM_FIELD] },
    ttl: { ClientCredentials: lifetimeSeconds },
    routes: { token: '/v1/token', jwks: '/v1/keys', introspection: '/v1/introspect', revocation: '/v1/revoke' },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        getResourceServerInfo: (_context: unknown, _resource: string, asking: Record<string, unknown>) => ({
          scope: 'mqtt',
          audience: options.audience,
          accessTokenTTL: lifetimeSeconds,
          accessTokenFormat: options.format,
          jwt: { sign: { alg: asking[ALGORITHM_FIELD] } },
        }),
      },
    },
    formats: {
      customizers: {
        jwt: (_context: unknown, _token: unknown, parts: TokenParts) => {
          parts.payload['scope'] ??= 'mqtt' // the default scope that the tutorial sets up
          shapeToken(options.shape, parts)
        },
      },
    },
  })
  return provider.callback()
}

function client({ clientIdFor, clientSecret }: ProviderOptions, algorithm: SigningAlgorithm): Record<string, unknown> {
  return {
    client_id: clientIdFor(algorithm),
    client_secret: clientSecret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    scope: 'mqtt',
    [ALGORITHM_FIELD]: algorithm,
  }
}
