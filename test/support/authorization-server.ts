import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { SignJWT } from 'jose'
import { createProvider } from './authorization-server-provider.ts'
import { generateSigningKeys } from './signing-keys.ts'
import { answerTokenQuestion } from './token-introspection.ts'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { JSONWebKeySet, JWTPayload } from 'jose'
import type { TokenFormat } from './authorization-server-provider.ts'
import type { SigningAlgorithm, SigningKeys } from './signing-keys.ts'
import type { TokenShape } from './token-shapes.ts'

const MOUNT = '/oauth2/default'

/** What a test may choose. */
export interface AuthorizationServerOptions {
  /** The `aud` of the access tokens. */
  readonly audience?: string
  readonly shape?: TokenShape
  readonly lifetimeSeconds?: number
  /** `opaque`: tokens that only the introspection endpoint can read. */
  readonly format?: TokenFormat
}

/** What goes wrong on purpose; set at any time. */
export interface AuthorizationServerFaults {
  /** Answer of the key endpoint; 0: the keys. */
  keysStatus: number
  /** Wait before each answer. */
  delayMs: number
}

/** Requests that have arrived, by endpoint. */
export interface RequestCounts {
  keys: number
  token: number
  metadata: number
  introspect: number
}

/** A token made to order, without the token endpoint. */
export interface MintOptions {
  readonly algorithm?: SigningAlgorithm
  /** Merged over the ordinary claims; an undefined one is left out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly kid?: string
  /** Keys of another generation than the newest. */
  readonly keys?: SigningKeys
}

/**
 * A real OAuth 2 authorization server (oidc-provider) on a free port of the loopback, laid out as Okta's:
 * `/oauth2/default/v1/keys`, `token`, `introspect`, `revoke`, and the metadata document below `/.well-known`.
 */
export class AuthorizationServer {
  readonly issuer: string
  readonly audience: string
  readonly clientId = 'service-app'
  readonly clientSecret = 'service-app-secret'
  readonly faults: AuthorizationServerFaults = { keysStatus: 0, delayMs: 0 }
  readonly requests: RequestCounts = { keys: 0, token: 0, metadata: 0, introspect: 0 }
  readonly #server: Server
  readonly #shape: TokenShape
  readonly #lifetimeSeconds: number
  readonly #format: TokenFormat
  readonly #clients: ReadonlyMap<string, string>
  readonly #revokedTokenIds = new Set<string>()
  #generation = 1
  #newest: SigningKeys
  #previous: SigningKeys | undefined
  #answer: (request: IncomingMessage, response: ServerResponse) => void

  constructor(server: Server, origin: string, keys: SigningKeys, options: AuthorizationServerOptions) {
    this.#server = server
    this.issuer = `${origin}${MOUNT}`
    this.audience = options.audience ?? 'HiveMQ'
    this.#shape = options.shape ?? 'okta'
    this.#lifetimeSeconds = options.lifetimeSeconds ?? 3600
    this.#format = options.format ?? 'jwt'
    this.#clients = new Map([[this.clientId, this.clientSecret]])
    this.#newest = keys
    this.#answer = this.#buildProvider()
  }

  get keysUri(): string {
    return `${this.issuer}/v1/keys`
  }

  get keys(): SigningKeys {
    return this.#newest
  }

  /** Asks the token endpoint, as a device does (RFC 6749 4.4); `algorithm` chooses the client registered for it. */
  async requestToken(algorithm: SigningAlgorithm = 'RS256'): Promise<string> {
    const basic = Buffer.from(`${this.clientIdFor(algorithm)}:${this.clientSecret}`).toString('base64')
    const response = await fetch(`${this.issuer}/v1/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'mqtt' }),
    })
    const body: unknown = await response.json()
    if (typeof body === 'object' && body !== null && 'access_token' in body && typeof body.access_token === 'string') {
      return body.access_token
    }
    throw new Error(`token endpoint answered ${response.status}: ${JSON.stringify(body)}`)
  }

  /** The client whose access tokens are signed with `algorithm`. */
  clientIdFor(algorithm: SigningAlgorithm): string {
    return algorithm === 'RS256' ? this.clientId : `${this.clientId}-${algorithm}`
  }

  /** Signs an access token directly: thousands can be made ahead, and each part can be made wrong. */
  async mint(options: MintOptions = {}): Promise<string> {
    const key = (options.keys ?? this.#newest)[options.algorithm ?? 'RS256']
    const issuedAt = Math.floor(Date.now() / 1000)
    const claims: JWTPayload = {
      ver: 1,
      jti: `AT.${randomUUID()}`,
      iss: this.issuer,
      aud: this.audience,
      iat: issuedAt,
      exp: issuedAt + this.#lifetimeSeconds,
      cid: this.clientId,
      scp: ['mqtt'],
      sub: this.clientId,
      ...options.claims,
    }
    const header = { kid: options.kid ?? key.kid, alg: key.algorithm, ...options.header }
    return new SignJWT(claims).setProtectedHeader(header).sign(key.privateKey)
  }

  /** Keys for a later `rotate`, so that tokens can be signed with them before they are published. */
  prepareKeys(): Promise<SigningKeys> {
    this.#generation += 1
    return generateSigningKeys(this.#generation)
  }

  /** Publishes `keys` and signs with them from now on; the keys used so far stay published until the next rotation. */
  rotate(keys: SigningKeys): void {
    this.#previous = this.#newest
    this.#newest = keys
    this.#answer = this.#buildProvider()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Answers one request of the HTTP server. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.issuer).pathname
    this.#count(path)
    if (this.faults.delayMs > 0) await sleep(this.faults.delayMs)
    if (!path.startsWith(`${MOUNT}/`)) return sendJson(response, 404, { error: 'not_found' })
    const endpoint = path.slice(MOUNT.length)
    if (endpoint === '/v1/keys' && this.faults.keysStatus !== 0) {
      return sendJson(response, this.faults.keysStatus, { error: 'fault' })
    }
    // Of opaque tokens the provider knows itself.
    if (this.#format === 'jwt' && (endpoint === '/v1/introspect' || endpoint === '/v1/revoke')) {
      const kind = endpoint === '/v1/revoke' ? 'revoke' : 'introspect'
      const { status, body } = await answerTokenQuestion(kind, request, {
        issuer: this.issuer,
        clients: this.#clients,
        revokedTokenIds: this.#revokedTokenIds,
        publishedKeys: () => this.#publishedKeys(),
      })
      return sendJson(response, status, body)
    }
    this.#answer(request, response)
  }

  #count(path: string): void {
    if (path.endsWith('/v1/keys')) this.requests.keys += 1
    else if (path.endsWith('/v1/token')) this.requests.token += 1
    else if (path.includes('/.well-known/')) this.requests.metadata += 1
    else if (path.endsWith('/v1/introspect')) this.requests.introspect += 1
  }

  #publishedKeys(): JSONWebKeySet {
    return { keys: [this.#newest, this.#previous].flatMap(keys => (keys === undefined ? [] : publicJwks(keys))) }
  }

  // oidc-provider cannot change its keys at run time, so each rotation gets a provider of its own.
  #buildProvider(): (request: IncomingMessage, response: ServerResponse) => void {
    const provide = createProvider({
      issuer: this.issuer,
      audience: this.audience,
      shape: this.#shape,
      format: this.#format,
      lifetimeSeconds: this.#lifetimeSeconds,
      clientSecret: this.clientSecret,
      clientIdFor: algorithm => this.clientIdFor(algorithm),
      keys: [this.#newest, ...(this.#previous === undefined ? [] : [this.#previous])],
    })
    return (request, response) => {
      const url = request.url ?? '/'
      Object.assign(request, { originalUrl: url, url: url.slice(MOUNT.length) }) // how oidc-provider learns where it is mounted
      provide(request, response)
    }
  }
}

/** Starts an authorization server; the caller closes it. */
export async function startAuthorizationServer(options: AuthorizationServerOptions = {}): Promise<AuthorizationServer> {
  const keys = await generateSigningKeys(1)
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the authorization server has no port')
  const authorizationServer = new AuthorizationServer(server, `http://127.0.0.1:${address.port}`, keys, options)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    authorizationServer.handle(request, response).catch((error: unknown) => {
      process.stderr.write(`authorization server: ${String(error)}\n`)
      response.destroy()
    })
  })
  return authorizationServer
}

function publicJwks(keys: SigningKeys): JSONWebKeySet['keys'] {
  return Object.values(keys).map(key => key.publicJwk)
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
