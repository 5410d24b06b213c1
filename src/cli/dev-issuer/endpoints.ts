import type { AccessTokens } from './access-tokens.ts'
import { DEV_SCOPE, TOKEN_LIFETIME_SECONDS } from './access-tokens.ts'
import { authenticateClient } from './clients.ts'
import { metadata } from './metadata.ts'
import type { SigningKeys } from './signing-keys.ts'

/** The parts of the issuer that the endpoints work on. */
export interface IssuerParts {
  readonly issuer: string
  readonly keys: SigningKeys
  readonly tokens: AccessTokens
}

/** A request with its body read. */
export interface IssuerRequest {
  readonly authorization: string | undefined
  readonly form: URLSearchParams
}

/** An answer of the issuer; an undefined body is an empty one. */
export interface IssuerAnswer {
  readonly status: number
  readonly body: object | undefined
}

/** One thing the issuer answers. */
export type Endpoint = (parts: IssuerParts, request: IssuerRequest) => IssuerAnswer | Promise<IssuerAnswer>

/** Every endpoint by method and path. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['GET /.well-known/openid-configuration', ({ issuer }) => ok(metadata(issuer))],
  ['GET /.well-known/oauth-authorization-server', ({ issuer }) => ok(metadata(issuer))],
  ['GET /jwks', ({ keys }) => ok(keys.jwks)],
  ['POST /token', token],
  ['POST /introspect', introspect],
  ['POST /revoke', revoke],
  ['POST /rotate', rotate],
])

/** RFC 6749 4.4, client_credentials. */
async function token({ tokens }: IssuerParts, { authorization, form }: IssuerRequest): Promise<IssuerAnswer> {
  const client = authenticateClient(authorization, form)
  if (client === undefined) return failure(401, 'invalid_client')
  const grantType = form.get('grant_type')
  if (grantType === null) return failure(400, 'invalid_request')
  if (grantType !== 'client_credentials') return failure(400, 'unsupported_grant_type')
  if ((form.get('scope') ?? DEV_SCOPE) !== DEV_SCOPE) return failure(400, 'invalid_scope')
  return ok({
    access_token: await tokens.issue(client),
    token_type: 'Bearer',
    expires_in: TOKEN_LIFETIME_SECONDS,
    scope: DEV_SCOPE,
  })
}

/** RFC 7662: any client may ask about any token. */
async function introspect({ tokens }: IssuerParts, { authorization, form }: IssuerRequest): Promise<IssuerAnswer> {
  if (authenticateClient(authorization, form) === undefined) return failure(401, 'invalid_client')
  const given = form.get('token')
  if (given === null) return failure(400, 'invalid_request')
  const claims = await tokens.active(given)
  return ok(claims === undefined ? { active: false } : { active: true, token_type: 'Bearer', ...claims })
}

/** RFC 7009: a token that is unknown, or another client's, is answered like one that was revoked. */
async function revoke({ tokens }: IssuerParts, { authorization, form }: IssuerRequest): Promise<IssuerAnswer> {
  const client = authenticateClient(authorization, form)
  if (client === undefined) return failure(401, 'invalid_client')
  const given = form.get('token')
  if (given === null) return failure(400, 'invalid_request')
  const revoked = await tokens.revoke(given, client)
  return revoked ? { status: 200, body: undefined } : failure(503, 'temporarily_unavailable')
}

/** Not of any standard: makes new keys, so that a rotation can be watched. */
async function rotate({ keys }: IssuerParts): Promise<IssuerAnswer> {
  await keys.rotate()
  return ok(keys.jwks)
}

/** An error of OAuth by its code. */
export function failure(status: number, code: string): IssuerAnswer {
  return { status, body: { error: code } }
}

function ok(body: object): IssuerAnswer {
  return { status: 200, body }
}
