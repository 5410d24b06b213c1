import type { JsonObject } from './json-object.ts'

/** What is remembered of a token whose signature was found good. */
export interface VerifiedToken {
  readonly claims: JsonObject
  /** The key that verified it; once the realm no longer has it, the entry proves nothing. */
  readonly keyId: string
  /** Unix time in ms from which the token is not accepted any more. */
  readonly untilMs: number
}

/**
 * Tokens that were verified, by the digest of their one spelling. Bounded: the one not used for the longest time is
 * forgotten, and verified again should it return.
 */
export class VerifiedTokens {
  readonly #entriesMax: number
  readonly #entries = new Map<string, VerifiedToken>() // in the order of their last use

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  find(digest: string, nowMs: number): VerifiedToken | undefined {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return undefined
    this.#entries.delete(digest)
    if (nowMs >= entry.untilMs) return undefined
    this.#entries.set(digest, entry)
    return entry
  }

  remember(digest: string, entry: VerifiedToken): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, entry)
    if (this.#entries.size <= this.#entriesMax) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }

  forget(digest: string): void {
    this.#entries.delete(digest)
  }
}
