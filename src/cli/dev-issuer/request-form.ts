import type { IncomingMessage } from 'node:http'

const BODY_BYTES_MAX = 16 * 1024

/** A request body that was refused, with the HTTP status that says so. */
export interface RefusedBody {
  readonly refusedWith: 400 | 413 | 415
}

/** Reads a form of at most 16 KiB in which no field comes twice (RFC 6749 3.2); an empty body is an empty form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams | RefusedBody> {
  const body = await readBody(request)
  if (body === undefined) return { refusedWith: 413 }
  const mediaType = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (body !== '' && mediaType !== 'application/x-www-form-urlencoded') return { refusedWith: 415 }
  const form = new URLSearchParams(body)
  return new Set(form.keys()).size === form.size ? form : { refusedWith: 400 }
}

/** Undefined: it is too large; the rest of it is not read. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of chunksOf(request)) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** A request without an encoding set gives buffers, which its type does not know; it outlives the reading of its body. */
function chunksOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false })
}
