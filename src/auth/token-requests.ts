import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  None,
  processClientCredentialsResponse,
  processDeviceAuthorizationResponse,
  processDeviceCodeResponse,
  ResponseBodyError,
} from 'oauth4webapi'
import type { AuthorizationServer, ClientAuth } from 'oauth4webapi'
import { BrokerError } from '../core/errors.ts'
import { printable } from './printable-text.ts'
import type { ServerFetch } from './server-fetch.ts'

/** A client of an authorization server that wants an access token. */
export interface TokenClient {
  readonly issuer: string
  readonly tokenEndpoint: string
  /** Undefined: the server has none. */
  readonly deviceAuthorizationEndpoint: string | undefined
  readonly clientId: string
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined
  readonly authentication: 'basic' | 'post'
  readonly scope: string | undefined
  readonly audience: string | undefined
  readonly fetch: ServerFetch
}

/** What a person is to do so that a device gets its token (RFC 8628 3.2). */
export interface DeviceGrant {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

/** What came of asking for the token of a device (RFC 8628 3.5). */
export type DevicePoll =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'pending' }
  | { readonly kind: 'slow-down' }

const EXPIRES_SECONDS = 1_800
const INTERVAL_SECONDS = 5

/** Asks for a token of the client itself (RFC 6749 4.4). Rejects with `TOKEN_REFUSED`, in which no secret stands. */
export async function requestClientToken(client: TokenClient, signal: AbortSignal): Promise<string> {
  return await saying(async () => {
    const { server, own, authentication, options } = requestParts(client, signal)
    const response = await clientCredentialsGrantRequest(server, own, authentication, wishes(client), options)
    return (await processClientCredentialsResponse(server, own, response)).access_token
  })
}

/** Begins the device flow (RFC 8628 3.1). Rejects as {@link requestClientToken}. */
export async function beginDeviceFlow(client: TokenClient, signal: AbortSignal): Promise<DeviceGrant> {
  return await saying(async () => {
    const { server, own, authentication, options } = requestParts(client, signal)
    const response = await deviceAuthorizationRequest(server, own, authentication, wishes(client), options)
    const grant = await processDeviceAuthorizationResponse(server, own, response)
    return {
      deviceCode: grant.device_code,
      userCode: grant.user_code,
      verificationUri: grant.verification_uri_complete ?? grant.verification_uri,
      expiresInSeconds: Math.min(grant.expires_in, EXPIRES_SECONDS),
      intervalSeconds: grant.interval ?? INTERVAL_SECONDS,
    }
  })
}

/** Asks once whether the person has agreed. Rejects as {@link requestClientToken} when they have not and will not. */
export async function pollDeviceToken(
  client: TokenClient,
  deviceCode: string,
  signal: AbortSignal,
): Promise<DevicePoll> {
  return await saying(async () => {
    const { server, own, authentication, options } = requestParts(client, signal)
    try {
      const response = await deviceCodeGrantRequest(server, own, authentication, deviceCode, options)
      return { kind: 'token', token: (await processDeviceCodeResponse(server, own, response)).access_token }
    } catch (error) {
      const code = error instanceof ResponseBodyError ? error.error : undefined
      if (code === 'authorization_pending') return { kind: 'pending' }
      if (code === 'slow_down') return { kind: 'slow-down' }
      throw error
    }
  })
}

function requestParts(client: TokenClient, signal: AbortSignal) {
  const { issuer, tokenEndpoint, deviceAuthorizationEndpoint, clientId, fetch } = client
  const server: AuthorizationServer = {
    issuer,
    token_endpoint: tokenEndpoint,
    ...(deviceAuthorizationEndpoint === undefined
      ? {}
      : { device_authorization_endpoint: deviceAuthorizationEndpoint }),
  }
  return {
    server,
    own: { client_id: clientId },
    authentication: clientAuthentication(client),
    // Only addresses of an issuer that was named are asked, so plain http is what was wanted.
    options: { signal, [customFetch]: fetch, [allowInsecureRequests]: issuer.startsWith('http:') },
  }
}

function clientAuthentication({ clientSecret, authentication }: TokenClient): ClientAuth {
  if (clientSecret === undefined) return None()
  return authentication === 'post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
}

function wishes({ scope, audience }: TokenClient): Record<string, string> {
  return { ...(scope === undefined ? {} : { scope }), ...(audience === undefined ? {} : { audience }) }
}

/** The library's errors have the answer in their cause, and in the answer may be a token. */
async function saying<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    throw new BrokerError('TOKEN_REFUSED', faultOf(error))
  }
}

function faultOf(error: unknown): string {
  if (error instanceof ResponseBodyError) {
    const description = error.error_description === undefined ? '' : ` (${printable(error.error_description, 200)})`
    return `the authorization server answers ${error.status}: ${printable(error.error, 40)}${description}`
  }
  if (!(error instanceof Error)) return 'the request failed'
  if (error.name === 'AbortError') return 'no answer in time'
  const cause = error.cause instanceof Error && 'code' in error.cause ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
