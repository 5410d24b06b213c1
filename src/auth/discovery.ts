import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { httpUrlFault } from './http-url.ts'
import { isJsonObject, member } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { printable } from './printable-text.ts'
import { serverFetch } from './server-fetch.ts'
import type { ServerFetch } from './server-fetch.ts'
import { fetchSmallText } from './small-fetch.ts'

/** How the metadata of an issuer is fetched. */
export interface DiscoveryOptions {
  readonly clock: Clock
  /** What the document must name; one that does not is not taken. */
  readonly wanted: readonly EndpointName[]
  /** How the authorization server is reached; absent: as any server. */
  readonly fetch?: ServerFetch
}

/** An endpoint by its name in the metadata. */
export type EndpointName = 'jwks_uri' | 'introspection_endpoint' | 'token_endpoint' | 'device_authorization_endpoint'

/** What of an issuer's metadata is used; undefined: the document does not name it. */
export interface IssuerMetadata {
  readonly jwksUri: string | undefined
  readonly introspectionEndpoint: string | undefined
  /** The introspection endpoint for clients that show a certificate (RFC 8705 5). */
  readonly mtlsIntrospectionEndpoint: string | undefined
  /** Only where it was wanted. */
  readonly tokenEndpoint?: string
  readonly deviceAuthorizationEndpoint?: string
}

const OPENID = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'
const DOCUMENT_BYTES_MAX = 256 * 1024
const TIMEOUT_MS = 5000
const TOKEN_ENDPOINTS: readonly EndpointName[] = ['token_endpoint', 'device_authorization_endpoint']
/** Looked at whether they are wanted or not. */
const ENDPOINTS: readonly EndpointName[] = ['jwks_uri', 'introspection_endpoint']

type Attempt =
  | { readonly kind: 'found'; readonly metadata: IssuerMetadata }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Finds the metadata of an issuer: OpenID Connect Discovery, then RFC 8414 in both places where it is served. The
 * issuer in it must be the same to the letter, which no library compares so: `https://a` and `https://a/` are two
 * issuers and one URL. Rejects with `KEY_SET_UNAVAILABLE` and one line for each address that was tried, or with
 * `CONFIGURATION` for an issuer that can have no metadata.
 */
export async function discoverIssuer(issuer: string, options: DiscoveryOptions): Promise<IssuerMetadata> {
  const fault = issuerFault(issuer)
  if (fault !== undefined) throw new BrokerError('CONFIGURATION', `the issuer cannot be looked up: ${fault}`)
  const failures: string[] = []
  for (const address of metadataAddresses(issuer)) {
    const attempt = await tryAddress(address, issuer, options)
    if (attempt.kind === 'found') return attempt.metadata
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

async function tryAddress(address: string, issuer: string, options: DiscoveryOptions): Promise<Attempt> {
  const { clock, wanted, fetch = serverFetch(undefined) } = options
  const answer = await fetchSmallText(address, {
    clock,
    timeoutMs: TIMEOUT_MS,
    bytesMax: DOCUMENT_BYTES_MAX,
    fetch,
  })
  if (answer.kind === 'failed') return answer
  const document = parsedObject(answer.text)
  return document === undefined ? failed('the answer is not a JSON object') : readMetadata(document, issuer, wanted)
}

function readMetadata(document: JsonObject, issuer: string, wanted: readonly EndpointName[]): Attempt {
  const found = member(document, 'issuer')
  if (found !== issuer) return failed(issuerDifference(issuer, found))
  for (const name of new Set([...ENDPOINTS, ...wanted])) {
    const endpoint = member(document, name)
    if (endpoint === undefined && !wanted.includes(name)) continue
    const fault = endpointFault(endpoint, issuer)
    if (fault !== undefined) return failed(endpoint === undefined ? `the document has no ${name}` : `${name}: ${fault}`)
  }
  const [tokenEndpoint, deviceAuthorizationEndpoint] = TOKEN_ENDPOINTS.map(name => {
    return wanted.includes(name) ? textOf(member(document, name)) : undefined
  })
  const aliases = member(document, 'mtls_endpoint_aliases')
  const mtls = isJsonObject(aliases) ? member(aliases, 'introspection_endpoint') : undefined
  return {
    kind: 'found',
    metadata: {
      jwksUri: textOf(member(document, 'jwks_uri')),
      introspectionEndpoint: textOf(member(document, 'introspection_endpoint')),
      mtlsIntrospectionEndpoint: endpointFault(mtls, issuer) === undefined ? textOf(mtls) : undefined,
      ...(tokenEndpoint === undefined ? {} : { tokenEndpoint }),
      ...(deviceAuthorizationEndpoint === undefined ? {} : { deviceAuthorizationEndpoint }),
    },
  }
}

function endpointFault(endpoint: unknown, issuer: string): string | undefined {
  if (typeof endpoint !== 'string') return 'expected a URL'
  const fault = httpUrlFault(endpoint)
  if (fault !== undefined) return fault
  return isHttps(issuer) && !isHttps(endpoint) ? 'expected https, like the issuer' : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
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
