import { hash } from 'node:crypto'
import { habitsOf } from './claim-habits.ts'
import type { Preset } from './claim-habits.ts'
import { member } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

/** What a token says of itself, by which it can be revoked. */
export interface TokenIdentity {
  readonly issuer: string | undefined
  readonly subject: string | undefined
  readonly client: string | undefined
  /** `jti`, or the digest of a token without one. */
  readonly tokenId: string
  /** `sid`: the session of the user at the issuer. */
  readonly sessionId: string | undefined
  /** Unix time in ms; undefined: the token does not say. */
  readonly issuedAtMs: number | undefined
}

/** What a token says of itself; the digest of its one spelling stands in for a `jti` that it lacks. */
export function tokenIdentity(claims: JsonObject, token: Buffer | undefined, preset?: Preset): TokenIdentity {
  const issuedAt = member(claims, 'iat')
  return {
    issuer: textOf(claims, ['iss']),
    subject: textOf(claims, ['sub']),
    client: textOf(claims, habitsOf(preset).clientClaims),
    tokenId: textOf(claims, ['jti']) ?? tokenDigest(token ?? ''),
    sessionId: textOf(claims, ['sid']),
    issuedAtMs: typeof issuedAt === 'number' ? issuedAt * 1000 : undefined,
  }
}

/** Names a token without a `jti`. */
export function tokenDigest(token: Buffer | string): string {
  return `sha256:${hash('sha256', token, 'base64url')}`
}

function textOf(claims: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = member(claims, name)
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
