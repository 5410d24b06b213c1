import { refused, type Refusal } from './refusal-cause.ts'
import { TOKEN_BYTES_MAX } from './token-grammar.ts'

/** A token whose form says nothing. */
export interface OpaqueToken {
  readonly kind: 'opaque'
  readonly text: string
}

// RFC 6750 2.1: what may stand behind `Bearer`.
const B64_TOKEN = /^[A-Za-z0-9._~+/-]+=*$/

/** Takes a password for a token if it has the form that any access token has. */
export function opaqueToken(password: Buffer | undefined): OpaqueToken | Refusal {
  if (password === undefined || password.length === 0) return refused('no_token')
  if (password.length > TOKEN_BYTES_MAX) {
    return refused('token_too_large', { bytes: password.length, bytesMax: TOKEN_BYTES_MAX })
  }
  const text = password.toString('latin1')
  return B64_TOKEN.test(text) ? { kind: 'opaque', text } : refused('token_malformed')
}
