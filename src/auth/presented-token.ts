import type { Credentials } from '../ports/auth.ts'

/**
 * Authentication Methods (v5 3.1.2.11.9) whose data is an access token: ours, that of SASL (RFC 7628), and those that
 * clients of other brokers send.
 */
const TOKEN_METHODS: ReadonlySet<string> = new Set(['OAUTH2-JWT', 'JWT', 'OAUTHBEARER', 'K8S-SAT', 'CUSTOM-JWT'])

const SASL_PAIRS_MAX = 8
const SASL_SEPARATOR = '\u0001'
const SASL_BEARER = /^auth=Bearer +(\S+)$/i

/** Whether a client that names this Authentication Method shows a token in its Authentication Data. */
export function isTokenMethod(authenticationMethod: string): boolean {
  return TOKEN_METHODS.has(authenticationMethod)
}

/** What a client shows as its token: the Authentication Data of such a method, else the password. */
export function presentedToken(credentials: Credentials): Buffer | undefined {
  const { authenticationMethod, authenticationData, password } = credentials
  if (authenticationMethod === undefined) return password
  if (authenticationMethod !== 'OAUTHBEARER' || authenticationData === undefined) return authenticationData
  return saslToken(authenticationData) ?? authenticationData
}

/**
 * The token in a message of OAUTHBEARER (RFC 7628 3.1): `n,,` and key-value pairs between separators. Undefined: the
 * data is no such message, so it may be the bare token.
 */
function saslToken(data: Buffer): Buffer | undefined {
  const [header = '', ...pairs] = data.toString('latin1').split(SASL_SEPARATOR, SASL_PAIRS_MAX)
  if (!/^[nyp][,=]/.test(header)) return undefined
  for (const pair of pairs) {
    const token = SASL_BEARER.exec(pair)?.[1]
    if (token !== undefined) return Buffer.from(token, 'latin1')
  }
  return undefined
}
