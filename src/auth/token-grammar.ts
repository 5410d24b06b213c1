import { parseJsonObject, type JsonObject } from './json-object.ts'
import { refused, type Refusal } from './refusal-cause.ts'

/** A token with many groups has 4 KiB; what is longer is not even looked at. */
export const TOKEN_BYTES_MAX = 8 * 1024

// One part in the one spelling that encoding its bytes gives: the bits that the last character has to spare are 0.
const PART = String.raw`(?=[\w-])(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?`
const CANONICAL = new RegExp(String.raw`^${PART}\.${PART}\.${PART}$`)
const UNSIGNED = /^[\w-]+\.[\w-]+\.$/
// What a lenient reader takes for the same token: padding, the other base64 digits, spaces, a `Bearer ` before it.
const OTHER_SPELLING = /^[\w+/=\s-]+\.[\w+/=\s-]+\.[\w+/=\s-]+$/

/** A password that has the form of a token, in its one spelling. Nothing of it has been decoded. */
export interface CompactToken {
  readonly kind: 'compact'
  readonly text: string
}

/** A token with its header and payload decoded. Nothing of it is proven yet. */
export interface DecodedToken {
  readonly kind: 'decoded'
  readonly header: JsonObject
  readonly payload: JsonObject
}

/**
 * Takes a password for a token if it is a JWS in compact serialization (RFC 7515 7.1) and spelled canonically, so that
 * one token has one digest: no padding, no spare bits set, no space, no `Bearer ` prefix.
 */
export function compactToken(password: Buffer | undefined, bytesMax: number = TOKEN_BYTES_MAX): CompactToken | Refusal {
  if (password === undefined || password.length === 0) return refused('no_token')
  if (password.length > bytesMax) return refused('token_too_large', { bytes: password.length, bytesMax })
  const text = password.toString('latin1')
  return CANONICAL.test(text) ? { kind: 'compact', text } : refusedForm(text)
}

/** Reads header and payload. */
export function decodeToken(token: CompactToken): DecodedToken | Refusal {
  const headerEnd = token.text.indexOf('.')
  const header = parseJsonObject(Buffer.from(token.text.slice(0, headerEnd), 'base64url'))
  if (header.kind === 'refused') return header
  const payload = parseJsonObject(
    Buffer.from(token.text.slice(headerEnd + 1, token.text.lastIndexOf('.')), 'base64url'),
  )
  if (payload.kind === 'refused') return payload
  return { kind: 'decoded', header: header.object, payload: payload.object }
}

function refusedForm(text: string): Refusal {
  if (UNSIGNED.test(text)) return refused('algorithm_not_allowed', { fault: 'the signature is empty' })
  return refused(OTHER_SPELLING.test(text) ? 'not_canonical' : 'token_malformed')
}
