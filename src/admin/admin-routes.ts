/** What the admin server tells of the broker. */
export interface AdminView {
  /** Why this node should get no clients; undefined: it is ready. */
  unready(): string | undefined
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<string>
  readonly revoking: RevokingView
  readonly explaining: ExplainingView
}

/** What the admin server can have explained. */
export interface ExplainingView {
  /** What the door would do with the token in the form, and why. */
  answer(form: URLSearchParams): Promise<ExplainingAnswer>
}

/** The answer to a question about a token; `explained` goes out as it is. */
export type ExplainingAnswer =
  | { readonly kind: 'explained' }
  | { readonly kind: 'fault'; readonly text: string }
  | { readonly kind: 'busy' }

/** What the admin server can have revoked. */
export interface RevokingView {
  /** Whether this is the secret of whoever runs the broker; never while there is none. */
  knows(secret: string): boolean
  /** What is wrong with the form, or went wrong; undefined when its tokens are revoked. */
  revoke(form: URLSearchParams): Promise<RevokingFault | undefined>
  /** The same for one token itself (RFC 7009). */
  revokeToken(token: string): Promise<RevokingFault | undefined>
  /** The same for the logout token of an issuer (OpenID Connect Back-Channel Logout 2.5), which proves itself. */
  logout(token: string): Promise<RevokingFault | undefined>
}

/** Why tokens are not revoked, or `not-kept`: not for good. */
export interface RevokingFault {
  readonly kind: 'wrong' | 'not-kept'
  readonly text: string
}

/** What the admin server reads of a request. */
export interface AdminRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The Host header; empty when there is none. */
  readonly host: string
  /** The Authorization header; empty when there is none. */
  readonly authorization: string
  /** Undefined: it was larger than {@link BODY_BYTES_MAX}. */
  readonly body: string | undefined
}

/** The largest body of a request that is read: a form with a token in it. */
export const BODY_BYTES_MAX = 32 * 1024

/** An answer that is not yet bytes. */
export interface AdminAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

type Route = (view: AdminView) => AdminAnswer | Promise<AdminAnswer>
type Action = (view: AdminView, form: URLSearchParams, request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>

const ADDRESS_HOST = /^(localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])(:\d+)?$/i

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', () => plain(200, 'ok')],
  ['/readyz', view => readiness(view.unready())],
  ['/metrics', metrics],
])

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    '/revocations',
    ({ revoking }, form, request) => authorized(revoking, request, async () => outcome(await revoking.revoke(form))),
  ],
  [
    '/revoke',
    ({ revoking }, form, request) =>
      authorized(revoking, request, async () => outcome(await revoking.revokeToken(form.get('token') ?? ''))),
  ],
  ['/backchannel-logout', async ({ revoking }, form) => outcome(await revoking.logout(form.get('logout_token') ?? ''))],
  [
    '/token/why',
    ({ revoking, explaining }, form, request) => authorized(revoking, request, () => explained(explaining, form)),
  ],
])

/** Answers one request, whichever HTTP server it came in by. Rejects only when the view does. */
export async function answerAdmin(view: AdminView, request: AdminRequest): Promise<AdminAnswer> {
  // A web page that points a name of its own at our address would otherwise read this from the user's browser.
  if (!ADDRESS_HOST.test(request.host)) return plain(403, 'the Host header must be localhost or an address')
  const action = actions.get(request.path)
  if (action !== undefined) return await act(view, action, request)
  const route = routes.get(request.path)
  if (route === undefined) return plain(404, 'no such page')
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD')
  return await route(view)
}

/** The answer to a request whose route failed; the cause is in the log. */
export const FAILED: AdminAnswer = plain(500, 'failed')

async function act(view: AdminView, action: Action, request: AdminRequest): Promise<AdminAnswer> {
  if (request.method !== 'POST') return plain(405, 'only POST')
  if (request.body === undefined) return plain(413, `at most ${BODY_BYTES_MAX} bytes`)
  return await action(view, new URLSearchParams(request.body), request)
}

/** The secret comes as a Bearer token, or as the password of Basic as RFC 7009's clients send it. */
function authorized<Answer>(
  view: RevokingView,
  { authorization }: AdminRequest,
  run: () => Answer,
): Answer | AdminAnswer {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization) ?? []
  const basic = Buffer.from(credentials, 'base64').toString().split(':').slice(1).join(':')
  if (!view.knows(scheme.toLowerCase() === 'bearer' ? credentials : basic)) {
    return plain(401, 'the Authorization header must hold GUARDBEE_ADMIN_TOKEN')
  }
  return run()
}

async function explained(view: ExplainingView, form: URLSearchParams): Promise<AdminAnswer> {
  const answer = await view.answer(form)
  switch (answer.kind) {
    case 'explained':
      return { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify(answer) }
    case 'fault':
      return plain(400, answer.text)
    case 'busy':
      return plain(503, 'other tokens are being explained')
  }
}

function outcome(fault: RevokingFault | undefined): AdminAnswer {
  if (fault === undefined) return plain(200, 'revoked')
  return plain(fault.kind === 'wrong' ? 400 : 503, fault.text)
}

async function metrics(view: AdminView): Promise<AdminAnswer> {
  return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: await view.metrics() }
}

function readiness(why: string | undefined): AdminAnswer {
  return why === undefined ? plain(200, 'ready') : plain(503, `not ready: ${why}`)
}

function plain(status: number, text: string): AdminAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` }
}
