import type { Clock } from '../ports/clock.ts'
import type { ServerFetch } from './server-fetch.ts'

/** The bounds of one request. */
export interface SmallFetchOptions {
  readonly clock: Clock
  /** For the whole answer, its body included. */
  readonly timeoutMs: number
  readonly bytesMax: number
  readonly fetch: ServerFetch
}

/** The body of an answer with status 200, or why there is none. */
export type SmallFetchResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Gets a small text over HTTP. Redirects are not followed, so that the address that was configured is the one that
 * answers. Never rejects.
 */
export async function fetchSmallText(address: string, options: SmallFetchOptions): Promise<SmallFetchResult> {
  const abort = new AbortController()
  const timer = options.clock.after(options.timeoutMs, () => abort.abort())
  try {
    const response = await options.fetch(address, {
      redirect: 'manual',
      signal: abort.signal,
      headers: { accept: 'application/json' },
    })
    return await readAnswer(response, options.bytesMax)
  } catch (error) {
    return failed(abort.signal.aborted ? `no answer within ${options.timeoutMs} ms` : networkFault(error))
  } finally {
    timer.cancel()
    // Lets go of the connection when the body was not read to its end.
    abort.abort()
  }
}

async function readAnswer(response: Response, bytesMax: number): Promise<SmallFetchResult> {
  if (response.status >= 300 && response.status < 400) return failed(`status ${response.status}: redirects are refused`)
  if (response.status !== 200) return failed(`status ${response.status}`)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > bytesMax) return failed(`the answer is larger than ${bytesMax} bytes`)
    parts.push(part)
  }
  return { kind: 'text', text: new TextDecoder().decode(Buffer.concat(parts)) }
}

/** `fetch` hides the reason in the cause of its error. */
function networkFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'the request failed'
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}

function failed(why: string): SmallFetchResult {
  return { kind: 'failed', why }
}
