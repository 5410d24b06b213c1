import { member, type JsonObject } from '../json-object.ts'
import type { RefusalCause } from '../refusal-cause.ts'

/** What a password that is no token in the right spelling nearly is. Nothing of it is repeated. */
export function formHints(cause: RefusalCause, password: Buffer | undefined): readonly string[] {
  const text = password?.toString('latin1') ?? ''
  switch (cause) {
    case 'not_canonical':
      return spellingHints(text)
    case 'token_malformed':
      return shapeHints(text)
    case 'token_too_large':
      return ['have the issuer leave out what is not needed: groups and roles make tokens long']
    case 'algorithm_not_allowed':
      return ['the signature is empty (alg none): anybody can write such a token']
    default:
      return []
  }
}

function spellingHints(text: string): readonly string[] {
  const found = [
    { is: /^bearer\s/i.test(text), hint: 'it begins with "Bearer ": send what follows only' },
    { is: /[\r\n]/.test(text), hint: 'there is a line end in it: have the client cut it off' },
    { is: /^\s|\s$/.test(text), hint: 'there are spaces around it: have the client cut them off' },
    { is: text.includes('='), hint: 'it is padded with "=": expected base64url without padding' },
    { is: /[+/]/.test(text), hint: 'it has "+" or "/" in it: expected base64url, which has "-" and "_"' },
  ].filter(({ is }) => is)
  const hints = found.map(({ hint }) => hint)
  return hints.length > 0 ? hints : ['a part ends with bits that encoding does not give: was the end cut off?']
}

function shapeHints(text: string): readonly string[] {
  const parts = text.split('.').length
  if (parts === 5) return ['it has five parts: an encrypted token (JWE); have the issuer sign without encrypting']
  if (/^["']/.test(text)) return ['it stands in quotes: have the client take them off']
  if (text.startsWith('{')) return ['it is JSON: send the value of "access_token" only']
  if (parts === 1) return ['it is opaque: GUARDBEE_JWT_INTROSPECTION=only lets the issuer be asked about such tokens']
  return parts === 3 ? [] : [`it has ${parts} parts; expected 3`]
}

/** What a header that is not taken nearly is. */
export function headerHints(cause: RefusalCause, header: JsonObject): readonly string[] {
  const alg = member(header, 'alg')
  if (cause !== 'algorithm_not_allowed' || typeof alg !== 'string') return []
  if (alg.startsWith('HS'))
    return [`${alg.slice(0, 5)} needs a shared secret: have the issuer sign with a key pair (RS256, ES256)`]
  return alg.toLowerCase() === 'none' ? ['anybody can write such a token'] : []
}
