import type { SigningAlgorithm } from './signing-keys.ts'

/** A client of the development issuer. */
export interface DevClient {
  readonly id: string
  /** Printed and the same everywhere: it protects nothing, which is why the issuer listens on loopback only. */
  readonly secret: string
  readonly algorithm: SigningAlgorithm
}

/** The clients there are. */
export const DEV_CLIENTS: readonly [DevClient, ...DevClient[]] = [
  { id: 'device-1', secret: 'device-1-secret', algorithm: 'RS256' },
  { id: 'device-2', secret: 'device-2-secret', algorithm: 'ES256' },
]

/**
 * The client that proves itself by `client_secret_basic` or `client_secret_post` (RFC 6749 2.3.1); both at once are
 * not allowed.
 */
export function authenticateClient(authorization: string | undefined, form: URLSearchParams): DevClient | undefined {
  const posted = form.has('client_secret')
  if (authorization !== undefined && posted) return undefined
  const [id, secret] =
    authorization === undefined ? [form.get('client_id'), form.get('client_secret')] : basic(authorization)
  return DEV_CLIENTS.find(client => client.id === id && client.secret === secret)
}

/** Name and secret are form-encoded inside of Basic (RFC 6749 2.3.1). */
function basic(authorization: string): readonly [string | undefined, string | undefined] {
  const encoded = /^Basic ([\w+/]+=*)$/i.exec(authorization)?.[1]
  if (encoded === undefined) return [undefined, undefined]
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':')
  return [formDecoded(id), formDecoded(secret.join(':'))]
}

function formDecoded(text: string): string | undefined {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? undefined
}
