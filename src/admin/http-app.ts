import { STATUS_CODES } from 'node:http'
import { background } from '../ports/telemetry.ts'
import { BODY_BYTES_MAX } from './admin-routes.ts'
import type { AnswerRequest, HttpHost, HttpHostOptions } from './http-host.ts'
import { COMMON_HEADERS } from './http-host.ts'

/** What the admin server needs of uWebSockets.js, which is handed in as a loaded module. */
export interface HttpModule {
  App(): HttpApp
  /** The port a listen socket really has. */
  us_socket_local_port(listenSocket: object): number
}

/** An HTTP server of uWebSockets.js. */
export interface HttpApp {
  any(pattern: string, handler: (response: HttpAppResponse, request: HttpAppRequest) => void): unknown
  listen(host: string, port: number, listening: (listenSocket: object | false) => void): unknown
  close(): unknown
}

/** Valid during the handler only. */
export interface HttpAppRequest {
  getMethod(): string
  getUrl(): string
  getHeader(lowerCaseName: string): string
}

/** Valid until it ended or was aborted. */
export interface HttpAppResponse {
  onAborted(aborted: () => void): unknown
  /** `chunk` is valid during the call only. */
  onData(received: (chunk: ArrayBuffer, isLast: boolean) => void): unknown
  cork(write: () => void): unknown
  writeStatus(status: string): unknown
  writeHeader(name: string, value: string): unknown
  end(body: string): unknown
  endWithoutBody(reportedContentLength: number): unknown
}

/** Serves requests with uWebSockets.js. */
export async function listenWithHttpModule(
  http: HttpModule,
  { address, port, answer, log }: HttpHostOptions,
): Promise<HttpHost> {
  const app = http.App()
  app.any('/*', (response, request) => background(log, 'admin answer', respond(response, request, answer)))
  const listenSocket = await new Promise<object | false>(resolve => app.listen(address, port, resolve))
  if (listenSocket === false) throw new Error('the port is in use or not allowed')
  return {
    port: http.us_socket_local_port(listenSocket),
    close: () => {
      app.close()
      return Promise.resolve()
    },
  }
}

/** Reads the request before the first wait, after which it is gone. */
async function respond(response: HttpAppResponse, request: HttpAppRequest, answer: AnswerRequest): Promise<void> {
  const aborted = Promise.withResolvers<undefined>()
  let open = true
  response.onAborted(() => {
    open = false
    aborted.resolve(undefined)
  })
  const method = request.getMethod().toUpperCase()
  const path = request.getUrl()
  const host = request.getHeader('host')
  const authorization = request.getHeader('authorization')
  const sent = method === 'POST' ? await Promise.race([bodyOf(response), aborted.promise]) : ''
  if (!open) return
  const { status, contentType, body } = await answer({ method, path, host, authorization, body: sent })
  if (!open) return
  response.cork(() => {
    response.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`)
    for (const [name, value] of COMMON_HEADERS) response.writeHeader(name, value)
    response.writeHeader('Content-Type', contentType)
    if (method === 'HEAD') response.endWithoutBody(Buffer.byteLength(body))
    else response.end(body)
  })
}

/** Undefined: it is larger than what is read. */
function bodyOf(response: HttpAppResponse): Promise<string | undefined> {
  return new Promise(resolve => {
    const parts: Buffer[] = []
    let bytes = 0
    response.onData((chunk, isLast) => {
      bytes += chunk.byteLength
      if (bytes > BODY_BYTES_MAX) return resolve(undefined)
      parts.push(Buffer.from(chunk.slice(0)))
      if (isLast) resolve(Buffer.concat(parts).toString())
    })
  })
}
