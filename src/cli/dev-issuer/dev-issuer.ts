import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { Clock, Random } from '../../ports/clock.ts'
import type { Log } from '../../ports/telemetry.ts'
import { background } from '../../ports/telemetry.ts'
import { AccessTokens } from './access-tokens.ts'
import type { IssuerAnswer, IssuerParts } from './endpoints.ts'
import { endpoints, failure } from './endpoints.ts'
import { readForm } from './request-form.ts'
import { makeSigningKeys } from './signing-keys.ts'

const ADDRESS = '127.0.0.1'
const REQUEST_TIMEOUT_MS = 5_000
const CONNECTIONS_MAX = 256

/** What the development issuer needs. */
export interface DevIssuerOptions {
  /** 0 takes a free port. */
  readonly port: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** The development issuer while it runs. */
export interface DevIssuer {
  /** The `iss` of its tokens, and the base of its addresses. */
  readonly issuer: string
  readonly jwksUri: string
  readonly tokenEndpoint: string
  rotateKeys(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts an authorization server FOR DEVELOPMENT ONLY: its secrets are in this repository and its keys live in memory,
 * so it listens on the loopback address and nowhere else.
 */
export async function startDevIssuer({ port, clock, random, log }: DevIssuerOptions): Promise<DevIssuer> {
  const keys = await makeSigningKeys()
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS })
  server.maxConnections = CONNECTIONS_MAX
  server.listen({ host: ADDRESS, port, exclusive: true })
  await once(server, 'listening')
  const bound = server.address()
  const issuer = `http://${ADDRESS}:${typeof bound === 'object' && bound !== null ? bound.port : port}`
  const parts = { issuer, keys, tokens: new AccessTokens({ issuer, keys, clock, random }) }
  server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    background(log, 'development issuer', respond(parts, request, response)),
  )
  return {
    issuer,
    jwksUri: `${issuer}/jwks`,
    tokenEndpoint: `${issuer}/token`,
    rotateKeys: () => keys.rotate(),
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(parts: IssuerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, await answer(parts, request))
  } catch (error) {
    response.destroy()
    // A client that leaves in the middle of its request is no fault of ours.
    if (request.complete) throw error
  }
}

async function answer(parts: IssuerParts, request: IncomingMessage): Promise<IssuerAnswer> {
  // A web page that points a name of its own at 127.0.0.1 would otherwise get tokens by the user's browser.
  if (!namesLoopback(request.headers.host)) return failure(403, 'invalid_request')
  const endpoint = endpoints.get(`${request.method} ${request.url?.split('?', 1)[0]}`)
  if (endpoint === undefined) return failure(404, 'not_found')
  const form = await readForm(request)
  if ('refusedWith' in form) return failure(form.refusedWith, 'invalid_request')
  return await endpoint(parts, { authorization: request.headers.authorization, form })
}

function namesLoopback(host: string | undefined): boolean {
  return host !== undefined && /^(127\.0\.0\.1|localhost)(:\d+)?$/i.test(host)
}

function send(response: ServerResponse, { status, body }: IssuerAnswer): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  if (status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="guardbee development"')
  // What is left of a refused body is not read, so the connection ends with the answer.
  if (status >= 400) response.setHeader('Connection', 'close')
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  })
  response.end(text)
}
