import { text } from 'node:stream/consumers'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { IncomingMessage } from 'node:http'
import type { JSONWebKeySet, JWTPayload } from 'jose'

/** What the introspection and revocation endpoints know. */
export interface IntrospectionSource {
  readonly issuer: string
  readonly clients: ReadonlyMap<string, string>
  readonly revokedTokenIds: Set<string>
  publishedKeys(): JSONWebKeySet
}

/** The answer of an endpoint: status and JSON body. */
export interface JsonAnswer {
  readonly status: number
  readonly body: object
}

/**
 * RFC 7662 and RFC 7009 for JWT access tokens. oidc-provider answers for opaque tokens only, where Okta and Keycloak
 * answer for JWTs as well.
 */
export async function answerTokenQuestion(
  kind: 'introspect' | 'revoke',
  request: IncomingMessage,
  source: IntrospectionSource,
): Promise<JsonAnswer> {
  const form = new URLSearchParams(await text(request))
  if (!isKnownClient(request.headers.authorization, source.clients))
    return { status: 401, body: { error: 'invalid_client' } }
  const claims = await verifiedClaims(form.get('token') ?? '', source)
  if (kind === 'revoke') {
    if (claims?.jti !== undefined) source.revokedTokenIds.add(claims.jti)
    return { status: 200, body: {} }
  }
  const active = claims !== undefined && !source.revokedTokenIds.has(claims.jti ?? '')
  return { status: 200, body: active ? { active, token_type: 'Bearer', ...claims } : { active } }
}

function isKnownClient(authorization: string | undefined, clients: ReadonlyMap<string, string>): boolean {
  const [id = '', secret] = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64')
    .toString()
    .split(':')
  return secret !== undefined && clients.get(decodeURIComponent(id)) === decodeURIComponent(secret)
}

async function verifiedClaims(token: string, source: IntrospectionSource): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(source.publishedKeys()), { issuer: source.issuer })
    return payload
  } catch {
    return undefined // RFC 7662 2.2: why a token is not active is not told
  }
}
