/** What the admin server tells of the broker. */
export interface AdminView {
  /** Whether clients are let in: all listeners are open and the node is not leaving. */
  ready(): boolean
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string>
}

/** What the admin server reads of a request. */
export interface AdminRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The Host header; empty when there is none. */
  readonly host: string
}

/** An answer that is not yet bytes. */
export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

type Route = (view: AdminView) => AdminAnswer | Promise<AdminAnswer>

const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', () => plain(200, 'ok')],
  ['/readyz', view => (view.ready() ? plain(200, 'ready') : plain(503, 'not ready'))],
  ['/metrics', metrics],
])

/** Answers one request, whichever HTTP server it came in by. Rejects only when the view does. */
export async function answerAdmin(view: AdminView, request: AdminRequest): Promise<AdminAnswer> {
  // A web page that points a name of its own at 127.0.0.1 would otherwise read this from the user's browser.
  if (!LOOPBACK_HOST.test(request.host)) return plain(403, 'the Host header must name the loopback address')
  const route = routes.get(request.path)
  if (route === undefined) return plain(404, 'no such page')
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD')
  return await route(view)
}

/** The answer to a request whose route failed; the cause is in the log. */
export const FAILED: AdminAnswer = plain(500, 'failed')

async function metrics(view: AdminView): Promise<AdminAnswer> {
  return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: await view.metrics() }
}

function plain(status: number, text: string): AdminAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}
