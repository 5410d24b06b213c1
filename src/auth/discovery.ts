import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { httpUrlFault } from './http-url.ts'
import { isJsonObject, member } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { printable } from './printable-text.ts'
import { fetchSmallText } from './small-fetch.ts'

/** How the metadata of an issuer is fetched; `fetch` is replaced in tests only. */
export interface DiscoveryOptions {
  readonly clock: Clock
  readonly fetch?: typeof globalThis.fetch
}

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'
const DOCUMENT_BYTES_MAX = 256 * 1024
const TIMEOUT_MS = 5000

type Attempt = { readonly kind: 'found'; readonly jwksUri: string } | { readonly kind: 'failed'; readonly why: string }

/**
 * Finds an issuer's `jwks_uri` in its metadata: OpenID Connect Discovery, then RFC 8414 in both places where it is
 * served. Rejects with `KEY_SET_UNAVAILABLE` and one line for each address that was tried, or with `CONFIGURATION`
 * for an issuer that can have no metadata.
 */
export async function discoverJwksUri(issuer: string, options: DiscoveryOptions): Promise<string> {
  const fault = issuerFault(issuer)
  if (fault !== undefined) throw new BrokerError('CONFIGURATION', `the issuer cannot be looked up: ${fault}`)
  const failures: string[] = []
  for (const address of metadataAddresses(issuer)) {
    const attempt = await tryAddress(address, issuer, options)
    if (attempt.kind === 'found') return attempt.jwksUri
    failures.push(`${address}: ${attempt.why}`)
  }
  throw new BrokerError('KEY_SET_UNAVAILABLE', `no metadata of issuer ${issuer}\n${failures.join('\n')}`)
}

/** RFC 8414 section 2: an issuer has no query and no fragment. */
function issuerFault(issuer: string): string | undefined {
  const fault = httpUrlFault(issuer)
  if (fault !== undefined) return fault
  return /[?#]/.test(issuer) ? 'expected a URL without query and fragment' : undefined
}

/** Where metadata may be, without repeats: an issuer without a path has RFC 8414's in one place only. */
function metadataAddresses(issuer: string): ReadonlySet<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return new Set([`${origin}${path}${OPENID}`, `${origin}${path}${OAUTH}`, `${origin}${OAUTH}${path}`])
}

async function tryAddress(address: string, issuer: string, { clock, fetch }: DiscoveryOptions): Promise<Attempt> {
  const answer = await fetchSmallText(address, {
    clock,
    timeoutMs: TIMEOUT_MS,
    bytesMax: DOCUMENT_BYTES_MAX,
    fetch: fetch ?? globalThis.fetch,
  })
  if (answer.kind === 'failed') return answer
  const metadata = parsedObject(answer.text)
  return metadata === undefined ? failed('the answer is not a JSON object') : jwksUriOf(metadata, issuer)
}

function jwksUriOf(metadata: JsonObject, issuer: string): Attempt {
  const found = member(metadata, 'issuer')
  if (found !== issuer) return failed(issuerDifference(issuer, found))
  const jwksUri = member(metadata, 'jwks_uri')
  if (typeof jwksUri !== 'string') return failed('the document has no jwks_uri')
  const fault = httpUrlFault(jwksUri)
  if (fault !== undefined) return failed(`jwks_uri: ${fault}`)
  if (isHttps(issuer) && !isHttps(jwksUri)) return failed('jwks_uri: expected https, like the issuer')
  return { kind: 'found', jwksUri }
}

/** The issuer must be the same to the character (RFC 8414 section 3.3); a final slash is the usual slip. */
function issuerDifference(issuer: string, found: unknown): string {
  if (typeof found !== 'string') return 'the document has no issuer'
  const sentence = `the document is of issuer "${printable(found, 300)}"`
  const slashOnly = found === `${issuer}/` || issuer === `${found}/`
  return slashOnly ? `${sentence}: the slash at the end differs; write the issuer as it stands there` : sentence
}

function parsedObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // The parser's message quotes the answer; that it is no JSON is all that helps.
    return undefined
  }
}

function isHttps(url: string): boolean {
  return new URL(url).protocol === 'https:'
}

function failed(why: string): Attempt {
  return { kind: 'failed', why }
}
