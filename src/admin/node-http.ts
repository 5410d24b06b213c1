import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { background } from '../ports/telemetry.ts'
import { BODY_BYTES_MAX } from './admin-routes.ts'
import type { AnswerRequest, HttpHost, HttpHostOptions } from './http-host.ts'
import { COMMON_HEADERS } from './http-host.ts'

const REQUEST_TIMEOUT_MS = 5_000
const CONNECTIONS_MAX = 64

/** Serves requests with Node's own HTTP server; above 64 connections new ones are closed at once. */
export async function listenWithNode({ address, port, answer, log }: HttpHostOptions): Promise<HttpHost> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => background(log, 'admin answer', respond(request, response, answer)),
  )
  server.maxConnections = CONNECTIONS_MAX
  server.listen({ host: address, port, exclusive: true })
  await once(server, 'listening')
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, answer: AnswerRequest): Promise<void> {
  const { status, contentType, body } = await answer({
    method: request.method ?? '',
    path: request.url?.split('?', 1)[0] ?? '',
    host: request.headers.host ?? '',
    authorization: request.headers.authorization ?? '',
    body: await bodyOf(request),
  })
  for (const [name, value] of COMMON_HEADERS) response.setHeader(name, value)
  // Of a body that is too large not all is read; the connection does not survive it.
  if (request.method !== 'GET' && request.method !== 'HEAD') response.setHeader('Connection', 'close')
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  if (request.method !== 'POST') return ''
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request) {
    if (!Buffer.isBuffer(part)) continue
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
