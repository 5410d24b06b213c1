import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerConduct } from '../scenarios/scenario.ts'
import type { KeyGeneration, TokenAlgorithm, Tokens } from './tokens.ts'
import { makeTokens } from './tokens.ts'

const HOST = '127.0.0.1'
const AUDIENCE = 'bench'
const SLOW_MS = 500

/** What a broker is told about the issuer. */
export interface IssuerFacts {
  readonly issuer: string
  readonly jwksUri: string
  readonly introspectionUri: string
  readonly audience: string
  /** The public keys by their `kid`, in PEM. */
  readonly pems: ReadonlyMap<string, string>
}

/** How the issuer does; set at any time. */
export interface IssuerConduct {
  server: ServerConduct
  /** What the introspection endpoint takes for a token. */
  introspectionMs: number
  /** The keys that are published. */
  generation: KeyGeneration
}

/** The authorization server of a run: serves its key set on the loopback, mints tokens, and knows all of them. */
export class Issuer {
  readonly facts: IssuerFacts
  conduct: IssuerConduct = usualConduct()
  /** Requests that have come so far. */
  requests = 0
  readonly #server: Server
  readonly #tokens: Tokens

  constructor(server: Server, origin: string, tokens: Tokens) {
    this.#server = server
    this.#tokens = tokens
    this.facts = {
      issuer: origin,
      jwksUri: `${origin}/jwks`,
      introspectionUri: `${origin}/introspect`,
      audience: AUDIENCE,
      pems: tokens.pems,
    }
  }

  /** One token for each of so many clients. */
  async tokens(algorithm: TokenAlgorithm, count: number): Promise<readonly string[]> {
    return await this.#tokens.forClients(algorithm, count, this.facts)
  }

  /** The same, every second of the first `renewed` of them signed with the key of after the rotation. */
  async tokensAcrossRotation(algorithm: TokenAlgorithm, count: number, renewed: number): Promise<readonly string[]> {
    const current = await this.tokens(algorithm, count)
    const next = await this.#tokens.forClients(algorithm, renewed, this.facts, 'next')
    return current.map((token, number) => (number % 2 === 0 ? token : (next[number] ?? token)))
  }

  /** One for each of so many clients, made now, all of which end in this second of Unix time. */
  async tokensUntil(algorithm: TokenAlgorithm, count: number, exp: number): Promise<readonly string[]> {
    return await this.#tokens.until(algorithm, count, this.facts, exp)
  }

  /** Answers one request of the HTTP server. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1
    const { server, generation } = this.conduct
    if (server === 'down') return void request.socket.destroy()
    if (server === 'slow') await sleep(SLOW_MS)
    if (request.url === '/jwks') return sendJson(response, this.#tokens.jwks(generation))
    if (request.url === '/introspect') return await this.#introspect(request, response)
    response.writeHead(404).end()
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #introspect(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, payload = ''] = (new URLSearchParams(await text(request)).get('token') ?? '').split('.')
    await sleep(this.conduct.introspectionMs)
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    sendJson(response, { active: true, ...(typeof claims === 'object' ? claims : {}) })
  }
}

/** An issuer that does as it should. */
export function usualConduct(): IssuerConduct {
  return { server: 'up', introspectionMs: 0, generation: 'current' }
}

/** Starts an issuer on a free port. */
export async function startIssuer(): Promise<Issuer> {
  const tokens = await makeTokens()
  const server = createServer()
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the issuer has no port')
  const issuer = new Issuer(server, `http://${HOST}:${address.port}`, tokens)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    issuer.answer(request, response).catch(() => response.destroy())
  })
  return issuer
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
