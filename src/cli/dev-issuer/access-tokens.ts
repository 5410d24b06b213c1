import type { JWTPayload } from 'jose'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'
import type { Clock, Random } from '../../ports/clock.ts'
import type { DevClient } from './clients.ts'
import type { SigningKeys } from './signing-keys.ts'

/** What the development issuer writes into its tokens, and the broker of `guardbee dev` asks for. */
export const DEV_AUDIENCE = 'guardbee'
export const DEV_SCOPE = 'mqtt'
/** How long a token is good for. */
export const TOKEN_LIFETIME_SECONDS = 3_600

const REVOKED_MAX = 10_000

/** What the tokens depend on. */
export interface AccessTokensOptions {
  readonly issuer: string
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly random: Random
}

/** Issues, inspects and revokes the access tokens of the development issuer. */
export class AccessTokens {
  readonly #options: AccessTokensOptions
  /** `exp` by `jti`. */
  readonly #revoked = new Map<string, number>()

  constructor(options: AccessTokensOptions) {
    this.#options = options
  }

  /** A new token for the client. */
  async issue(client: DevClient): Promise<string> {
    const { issuer, keys, random } = this.#options
    const now = this.#nowSeconds()
    const claims: JWTPayload = {
      iss: issuer,
      sub: client.id,
      client_id: client.id,
      aud: DEV_AUDIENCE,
      scope: DEV_SCOPE,
      iat: now,
      exp: now + TOKEN_LIFETIME_SECONDS,
      jti: random.hex(16),
    }
    return await keys.sign(claims, client.algorithm)
  }

  /** The claims of a token of ours that is neither expired nor revoked; else undefined. */
  async active(token: string): Promise<JWTPayload | undefined> {
    const claims = await this.#verified(token)
    return claims?.jti === undefined || this.#revoked.has(claims.jti) ? undefined : claims
  }

  /** Revokes a token of the client; false: too many are revoked already. A token that is not active needs nothing. */
  async revoke(token: string, client: DevClient): Promise<boolean> {
    const claims = await this.active(token)
    if (claims?.jti === undefined || claims['client_id'] !== client.id) return true
    this.#forgetExpired()
    if (this.#revoked.size >= REVOKED_MAX) return false
    this.#revoked.set(claims.jti, claims.exp ?? 0)
    return true
  }

  async #verified(token: string): Promise<JWTPayload | undefined> {
    const { issuer, keys, clock } = this.#options
    const rules = { issuer, audience: DEV_AUDIENCE, currentDate: new Date(clock.nowMs()) }
    try {
      return (await jwtVerify(token, createLocalJWKSet(keys.jwks), rules)).payload
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }

  #forgetExpired(): void {
    const now = this.#nowSeconds()
    for (const [jti, exp] of this.#revoked) if (exp <= now) this.#revoked.delete(jti)
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.clock.nowMs() / 1000)
  }
}
