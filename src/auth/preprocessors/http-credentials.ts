import type { PreprocessorModel } from '../preprocessor-model.ts'
import type { Preprocessor } from './preprocessor.ts'

const COOKIES_MAX = 100

/**
 * Takes `authentication-key` and `authentication-byte-secret` from the headers of a WebSocket's upgrade request. Where
 * they are not there the variables stay as they are.
 */
export function httpCredentials({
  scheme,
  name,
}: Extract<PreprocessorModel, { kind: 'http-credentials' }>): Preprocessor {
  const header = scheme === 'cookie' ? 'cookie' : name.toLowerCase()
  return ({ credentials, variables }) => {
    const value = credentials.upgradeHeaders?.get(header)
    if (value === undefined) return
    if (scheme === 'basic') {
      const basic = basicCredentials(value)
      if (basic === undefined) return
      variables.setString('authentication-key', basic.user, false)
      variables.setBytes('authentication-byte-secret', basic.password, true)
      return
    }
    const secret = scheme === 'bearer' ? bearerToken(value) : cookieValue(value, name)
    if (secret !== undefined) variables.setBytes('authentication-byte-secret', Buffer.from(secret), true)
  }
}

/** RFC 7617. */
function basicCredentials(value: string): { readonly user: string; readonly password: Buffer } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(value)?.[1]
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  const colon = bytes.indexOf(':')
  if (colon === -1) return undefined
  return { user: bytes.subarray(0, colon).toString(), password: bytes.subarray(colon + 1) }
}

/** RFC 6750. */
function bearerToken(value: string): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(value)?.[1]
}

/** RFC 6265; of two cookies of one name the first. */
function cookieValue(value: string, name: string): string | undefined {
  for (const pair of value.split(';', COOKIES_MAX)) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    const found = pair.slice(equals + 1).trim()
    return found.startsWith('"') && found.endsWith('"') && found.length > 1 ? found.slice(1, -1) : found
  }
  return undefined
}
