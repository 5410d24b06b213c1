import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { BrokerError } from '../core/errors.ts'
import type { ServerTlsModel } from './security-model.ts'

/** What of a request is used here; a subset of what `fetch` takes. */
export interface ServerRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | URLSearchParams | undefined
  readonly redirect: 'manual'
  readonly signal?: AbortSignal
}

/** Sends a request to an authorization server as `fetch` does. */
export type ServerFetch = (url: string, request: ServerRequest) => Promise<Response>

const SOCKETS_MAX = 64
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304])

/**
 * How an authorization server is reached: by `fetch`, or, where it has a certificate of a CA of its own or asks for
 * ours, by Node's own client, which `fetch` cannot be given either for. Throws `CONFIGURATION` where the files for that
 * cannot be used.
 */
export function serverFetch(tls: ServerTlsModel | undefined): ServerFetch {
  if (tls === undefined) return (url, options) => fetch(url, requestInit(options))
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX, minVersion: 'TLSv1.2', ...secureOptions(tls) })
  return (url, options) => {
    // Without TLS there is nothing to verify the server by; development servers on loopback are reached so.
    return url.startsWith('https:') ? send(agent, url, options) : fetch(url, requestInit(options))
  }
}

/** What the files hold; a certificate and a key that do not belong together are found here and not at each request. */
function secureOptions({ caFile, certificateFile, keyFile }: ServerTlsModel): SecureContextOptions {
  const options = {
    // A CA that is given replaces those of the system, so that nobody else can vouch for the server.
    ...(caFile === undefined ? {} : { ca: fileText(caFile) }),
    ...(certificateFile === undefined ? {} : { cert: fileText(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: fileText(keyFile) }),
  }
  try {
    createSecureContext(options)
  } catch (cause) {
    const files = [caFile, certificateFile, keyFile].filter(file => file !== undefined).join(' and ')
    throw new BrokerError('CONFIGURATION', `${files} cannot be used for the authorization server`, { cause })
  }
  return options
}

function requestInit({ method, headers, body, redirect, signal }: ServerRequest): RequestInit {
  return {
    redirect,
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function send(agent: Agent, url: string, { method, headers, body, signal }: ServerRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : String(body)
    const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) }
    const outgoing = request(
      url,
      {
        agent,
        method: method ?? 'GET',
        headers: { ...headers, ...length },
        ...(signal === undefined ? {} : { signal }),
      },
      incoming => resolve(responseOf(incoming)),
    )
    outgoing.once('error', reject)
    outgoing.end(text)
  })
}

function responseOf(incoming: IncomingMessage): Response {
  const headers = new Headers()
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '')
  }
  const status = incoming.statusCode ?? 0
  if (!NO_BODY.has(status)) return new Response(bodyOf(incoming), { status, headers })
  incoming.resume()
  return new Response(null, { status, headers })
}

/** Read as it is consumed, so that a bound on its size holds. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return Readable.toWeb(incoming)
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new BrokerError('CONFIGURATION', `${file} cannot be read`, { cause })
  }
}
