import { BrokerError } from '../core/errors.ts'
import type { Log } from '../ports/telemetry.ts'
import type { AdminView } from './admin-routes.ts'
import { answerAdmin, FAILED } from './admin-routes.ts'
import type { HttpModule } from './http-app.ts'
import { listenWithHttpModule } from './http-app.ts'
import type { HttpHost, HttpHostOptions } from './http-host.ts'
import { listenWithNode } from './node-http.ts'

/** How the admin server is run. */
export interface AdminServerOptions {
  /** Where it listens. */
  readonly address: string
  /** The host by which this machine reaches it, for the URL. */
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly view: AdminView
  readonly log: Log
  /** uWebSockets.js; undefined: Node's own HTTP server. */
  readonly http: HttpModule | undefined
}

/** The admin server while it listens. */
export interface AdminServer {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

/** Opens the admin server; rejects with `LISTENER` when the port cannot be had. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, host, port, view, log, http } = options
  const answer: HttpHostOptions['answer'] = request =>
    answerAdmin(view, request).catch((error: unknown) => {
      log.error('admin request failed', error, { path: request.path })
      return FAILED
    })
  const server = await listen({ address, port, answer, log }, http)
  return { url: `http://${host}:${server.port}`, port: server.port, close: () => server.close() }
}

async function listen(options: HttpHostOptions, http: HttpModule | undefined): Promise<HttpHost> {
  try {
    return await (http === undefined ? listenWithNode(options) : listenWithHttpModule(http, options))
  } catch (cause) {
    throw new BrokerError('LISTENER', `admin port ${options.port} cannot be opened`, { cause })
  }
}
