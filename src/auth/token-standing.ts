import type { Standing } from '../ports/auth.ts'
import type { Clock } from '../ports/clock.ts'
import type { Introspections } from './introspection.ts'
import type { Revocations } from './revocations.ts'
import type { TokenIdentity } from './token-identity.ts'

/** Whom the standing of a token depends on. */
export interface StandingParts {
  readonly introspections: Introspections
  readonly revocations: Revocations
  readonly clock: Clock
}

/** How a token is asked about again; both undefined: it is not. */
export interface RecheckedToken {
  readonly recheckMs: number | undefined
  readonly text: string | undefined
}

/** How the token of a connected client stands. There is one for each connection, so it holds little. */
export class TokenStanding implements Standing {
  readonly recheckMs: number | undefined
  readonly #parts: StandingParts
  readonly #realm: string
  readonly #token: TokenIdentity
  readonly #text: string | undefined

  constructor(parts: StandingParts, realm: string, token: TokenIdentity, { recheckMs, text }: RecheckedToken) {
    this.recheckMs = recheckMs
    this.#parts = parts
    this.#realm = realm
    this.#token = token
    this.#text = text
  }

  /**
   * How the token stands in another realm, which asks about it again as often as `recheckMs` says; undefined: it is to
   * be asked about, and its text was not kept.
   */
  inRealm(realm: string, recheckMs: number | undefined): TokenStanding | undefined {
    if (recheckMs !== undefined && this.#text === undefined) return undefined
    const text = recheckMs === undefined ? undefined : this.#text
    return new TokenStanding(this.#parts, realm, this.#token, { recheckMs, text })
  }

  revoked(): boolean {
    return this.#parts.revocations.covers(this.#token, this.#parts.clock.nowMs())
  }

  async holds(): Promise<boolean> {
    if (this.#text === undefined) return true
    const answer = await this.#parts.introspections.ask(this.#realm, this.#text)
    return answer.kind !== 'inactive'
  }
}
