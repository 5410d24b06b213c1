import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { TokenAlgorithm, Tokens } from './tokens.ts'
import { makeTokens } from './tokens.ts'

const HOST = '127.0.0.1'
const AUDIENCE = 'bench'

/** What a broker is told about the issuer. */
export interface IssuerFacts {
  readonly issuer: string
  readonly jwksUri: string
  readonly audience: string
  /** The public keys by their `kid`, in PEM. */
  readonly pems: ReadonlyMap<string, string>
}

/** The authorization server of a run: serves its key set on the loopback and mints tokens. */
export class Issuer {
  readonly facts: IssuerFacts
  readonly #server: Server
  readonly #tokens: Tokens

  constructor(server: Server, origin: string, tokens: Tokens) {
    this.#server = server
    this.#tokens = tokens
    this.facts = { issuer: origin, jwksUri: `${origin}/jwks`, audience: AUDIENCE, pems: tokens.pems }
  }

  /** One token for each of so many clients. */
  async tokens(algorithm: TokenAlgorithm, count: number): Promise<readonly string[]> {
    return await this.#tokens.forClients(algorithm, count, this.facts)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** Starts an issuer on a free port. */
export async function startIssuer(): Promise<Issuer> {
  const tokens = await makeTokens()
  const body = JSON.stringify(tokens.jwks)
  const server = createServer((request, response) => {
    if (request.url !== '/jwks') return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the issuer has no port')
  return new Issuer(server, `http://${HOST}:${address.port}`, tokens)
}
