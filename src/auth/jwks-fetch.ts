import { readFile, stat } from 'node:fs/promises'
import { isJsonObject, member } from './json-object.ts'
import { KEYS_MAX } from './key-set.ts'
import { BrokerError } from '../core/errors.ts'
import type { PublicJwk } from '../ports/key-sets.ts'
import type { ServerFetch } from './server-fetch.ts'

/** A key set as an issuer's server gave it. */
export interface FetchedKeys {
  readonly keys: readonly PublicJwk[]
  /** Seconds that it may be used without asking again; undefined: the server did not say. */
  readonly lifetimeSeconds: number | undefined
  /** The server's time in Unix ms, to the second; absent: it did not say. */
  readonly dateMs?: number
}

const BODY_BYTES_MAX = 512 * 1024
const FILE_LIFETIME_SECONDS = 60

/**
 * Fetches a JWK Set (RFC 7517 5). Bounded in size; a redirect is a failure, because it could lead to where only we
 * may go. Rejects with KEY_SET_UNAVAILABLE, or with the reason of `signal`. The content type does not matter.
 */
export async function fetchKeys(uri: URL, signal: AbortSignal, fetch: ServerFetch): Promise<FetchedKeys> {
  const response = await fetch(uri.href, {
    signal,
    redirect: 'manual',
    headers: { accept: 'application/jwk-set+json, application/json' },
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw unavailable(`the server answered with status ${response.status}`)
  }
  const keys = keysOf(await boundedText(response))
  const dateMs = Date.parse(response.headers.get('date') ?? '')
  const lifetime = lifetimeSeconds(response.headers)
  return { keys, lifetimeSeconds: lifetime, ...(Number.isNaN(dateMs) ? {} : { dateMs }) }
}

/** Reads a JWK Set from a file, which is looked at again as often as a server would be asked. */
export async function readKeysFile(file: string): Promise<FetchedKeys> {
  const { size } = await stat(file)
  if (size > BODY_BYTES_MAX) throw unavailable(`the file is larger than ${BODY_BYTES_MAX} bytes`)
  return { keys: keysOf(await readFile(file, 'utf8')), lifetimeSeconds: FILE_LIFETIME_SECONDS }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (bytes > BODY_BYTES_MAX) throw unavailable(`the answer is larger than ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The keys of a JWK Set. Throws KEY_SET_UNAVAILABLE where the text is none. */
export function keysOf(text: string): readonly PublicJwk[] {
  const set = parsed(text)
  const keys = isJsonObject(set) ? member(set, 'keys') : undefined
  if (!Array.isArray(keys) || !keys.every(isJsonObject)) throw unavailable('it is not a JWK Set')
  if (keys.length > KEYS_MAX) throw unavailable(`it has more than ${KEYS_MAX} keys`)
  return keys
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the answer, and the endpoint may be something else altogether.
    throw unavailable('it is not JSON')
  }
}

/** By Cache-Control, else by Expires (RFC 9111 5.2.2.1, 5.3). */
function lifetimeSeconds(headers: Headers): number | undefined {
  const maxAge = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,10})/i.exec(headers.get('cache-control') ?? '')?.[1]
  if (maxAge !== undefined) return Number(maxAge)
  const expires = headers.get('expires')
  // Both times are the server's, so that its clock need not be ours.
  const dateMs = Date.parse(headers.get('date') ?? '')
  if (expires === null || Number.isNaN(dateMs)) return undefined
  const lifetime = (Date.parse(expires) - dateMs) / 1000
  return lifetime > 0 ? lifetime : 0 // an invalid Expires, such as 0, is one that has passed
}

function unavailable(message: string): BrokerError {
  return new BrokerError('KEY_SET_UNAVAILABLE', message)
}
