/** As whose access tokens those of the authorization server look; `rfc9068` is how it writes them by itself. */
export type TokenShape =
  | 'rfc9068'
  | 'okta'
  | 'auth0'
  | 'auth0-rbac'
  | 'keycloak'
  | 'entra-v2'
  | 'entra-v1'
  | 'cognito'
  | 'google'

/** A token before it is signed. */
export interface TokenParts {
  header?: Record<string, unknown>
  payload: Record<string, unknown>
}

/** What of the standard claims a shape is made from. */
interface Standard {
  readonly scope: string
  readonly client: unknown
  readonly audience: unknown
  readonly issuer: unknown
}

interface Shape {
  /** undefined: absent, which oidc-provider would otherwise fill in. */
  readonly typ: string | undefined
  /** In place of `scope`, `client_id` and `aud`; an undefined one takes a claim away. */
  claims(standard: Standard): Record<string, unknown>
}

const SHAPES: Readonly<Record<Exclude<TokenShape, 'rfc9068'>, Shape>> = {
  okta: {
    typ: undefined,
    claims: ({ scope, client, audience }) => ({ ver: 1, cid: client, scp: scope.split(' '), aud: audience }),
  },
  auth0: {
    typ: 'JWT',
    claims: ({ scope, client, audience, issuer }) => ({
      iss: `${String(issuer)}/`,
      aud: [audience, `${String(issuer)}/userinfo`],
      azp: client,
      scope,
      gty: 'client-credentials',
      sub: `${String(client)}@clients`,
    }),
  },
  'auth0-rbac': {
    typ: 'at+jwt',
    claims: ({ scope, client, audience }) => ({
      aud: audience,
      client_id: client,
      scope: 'openid profile',
      permissions: scope.split(' '),
      'https://example.com/roles': ['device'],
    }),
  },
  keycloak: {
    typ: 'JWT',
    claims: ({ scope, client, audience }) => ({
      typ: 'Bearer',
      aud: [audience, 'account'],
      azp: client,
      scope: `email ${scope} profile`,
      realm_access: { roles: ['offline_access'] },
      resource_access: { account: { roles: ['view-profile'] } },
      preferred_username: 'device',
    }),
  },
  'entra-v2': {
    typ: 'JWT',
    claims: ({ scope, client, audience }) => ({
      ver: '2.0',
      aud: audience,
      azp: client,
      scp: scope,
      oid: 'o',
      tid: 't',
    }),
  },
  'entra-v1': {
    typ: 'JWT',
    claims: ({ scope, client, audience }) => ({ ver: '1.0', aud: audience, appid: client, roles: scope.split(' ') }),
  },
  cognito: {
    typ: undefined,
    // With resource binding, for oidc-provider makes no token without `aud`.
    claims: ({ scope, client, audience }) => ({
      token_use: 'access',
      aud: audience,
      client_id: client,
      scope,
      username: 'device',
    }),
  },
  google: {
    typ: 'JWT',
    claims: ({ scope, client, audience }) => ({ aud: audience, azp: client, scope, email: 'device@example.com' }),
  },
}

/** Gives a token of the standard's form another one's look. */
export function shapeToken(shape: TokenShape, parts: TokenParts): void {
  if (shape === 'rfc9068') return
  const { scope, client_id: client, aud: audience, ...others } = parts.payload
  const { typ, claims } = SHAPES[shape]
  // oidc-provider adds a `typ` that is merely left out.
  parts.header = { ...parts.header, typ }
  parts.payload = { ...others, ...claims({ scope: String(scope), client, audience, issuer: others['iss'] }) }
}
