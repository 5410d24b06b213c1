import { readFile } from 'node:fs/promises'
import { importJWK } from 'jose'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  introspectionRequest,
  None,
  PrivateKeyJwt,
  processIntrospectionResponse,
  ResponseBodyError,
  TlsClientAuth,
} from 'oauth4webapi'
import type { ClientAuth } from 'oauth4webapi'
import { BrokerError } from '../core/errors.ts'
import type { IntrospectionAnswer } from './introspection.ts'
import { isJsonObject, member } from './json-object.ts'
import type { IntrospectionModel, ServerTlsModel } from './security-model.ts'
import { serverFetch } from './server-fetch.ts'
import type { ServerFetch } from './server-fetch.ts'

/** Sends one request; rejects with `INTROSPECTION_UNAVAILABLE`, in whose message nothing of the token or a secret is. */
export type IntrospectionRequest = (token: string, signal: AbortSignal) => Promise<IntrospectionAnswer>

const ANSWER_BYTES_MAX = 64 * 1024
const NO_CLIENT = 'guardbee'

/** How the endpoint of a realm is asked, with the client authentication that the realm has for it. */
export function introspectionRequests(
  model: IntrospectionModel,
  tls: ServerTlsModel | undefined,
): IntrospectionRequest {
  const server = { issuer: model.issuer ?? model.endpoint, introspection_endpoint: model.endpoint }
  const client = { client_id: model.username ?? NO_CLIENT }
  const fetch = boundedFetch(serverFetch(tls))
  let authentication: Promise<ClientAuth> | undefined
  return async (token, signal) => {
    try {
      authentication ??= clientAuthentication(model)
      const response = await introspectionRequest(server, client, await authentication, token, {
        signal,
        additionalParameters: { token_type_hint: 'access_token' },
        [customFetch]: fetch,
        // Only an address of the configuration is ever asked, so plain http is what was wanted.
        [allowInsecureRequests]: model.endpoint.startsWith('http:'),
      })
      const { active, ...claims } = await processIntrospectionResponse(server, client, response)
      return active ? { kind: 'active', claims } : { kind: 'inactive' }
    } catch (error) {
      authentication = undefined
      throw new BrokerError('INTROSPECTION_UNAVAILABLE', faultOf(error))
    }
  }
}

/** Rejects with `CONFIGURATION` where the private key by which the broker proves who it is cannot be used. */
export async function checkClientKey(model: IntrospectionModel | undefined): Promise<void> {
  if (model?.clientAuthentication !== 'private-key-jwt') return
  try {
    await privateKey(model.clientKeyFile ?? '')
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${model.clientKeyFile ?? ''} has no private key that can be used`, {
      cause,
    })
  }
}

async function clientAuthentication(model: IntrospectionModel): Promise<ClientAuth> {
  const { clientAuthentication: way = 'basic', username, password = '', clientKeyFile } = model
  switch (way) {
    case 'basic':
      return username === undefined ? None() : ClientSecretBasic(password)
    case 'post':
      return ClientSecretPost(password)
    case 'mtls':
      return TlsClientAuth()
    case 'private-key-jwt':
      return PrivateKeyJwt(await privateKey(clientKeyFile ?? ''))
  }
}

async function privateKey(file: string): Promise<Parameters<typeof PrivateKeyJwt>[0]> {
  const jwk: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!isJsonObject(jwk)) throw new BrokerError('CONFIGURATION', 'the private key is not a JWK')
  const key = await importJWK({ ...jwk })
  if (key instanceof Uint8Array) throw new BrokerError('CONFIGURATION', 'the private key is a shared secret')
  const kid = member(jwk, 'kid')
  return typeof kid === 'string' ? { key, kid } : key
}

/**
 * The answer within its bound and as JSON whatever type it claims to be; a signed one (RFC 9701) is not asked for and
 * would not be JSON.
 */
function boundedFetch(fetch: ServerFetch): ServerFetch {
  return async (url, request) => {
    const response = await fetch(url, request)
    const parts: Uint8Array[] = []
    let bytes = 0
    for await (const part of response.body ?? []) {
      bytes += part.length
      if (bytes > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`)
      parts.push(part)
    }
    const headers = new Headers(response.headers)
    if (response.status === 200) headers.set('content-type', 'application/json')
    return new Response(bytes === 0 ? null : Buffer.concat(parts), { status: response.status, headers })
  }
}

/** The library's errors have the answer in their cause, and in the answer may be anything. */
function faultOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return `the endpoint answered ${error.status}: ${error.error.slice(0, 40)}`
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'AbortError') return 'no answer in time'
  const cause = error.cause instanceof Error && 'code' in error.cause ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
