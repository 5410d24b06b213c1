import type { TokenIdentity } from './token-identity.ts'

/**
 * What of a token a revocation is about. `sub-without-sid`: the subject of tokens that do not say to which session of
 * theirs they belong, when one session was ended.
 */
export const REVOCATION_KINDS = ['jti', 'sub', 'client', 'issuer', 'sid', 'sub-without-sid'] as const

/** One of {@link REVOCATION_KINDS}. */
export type RevocationKind = (typeof REVOCATION_KINDS)[number]

/** Tokens that are not accepted any more. Plain data: the primary hands it to the workers. */
export interface Revocation {
  readonly kind: RevocationKind
  readonly value: string
  /** Undefined: whoever issued the token. */
  readonly issuer: string | undefined
  /** Unix time in ms. Of a subject, client, session or issuer the tokens issued up to then are meant. */
  readonly revokedAtMs: number
  /** Unix time in ms at which the last of the tokens has expired by itself. */
  readonly untilMs: number
}

const ENTRIES_MAX = 100_000

/** The tokens that were revoked. An entry leaves when its tokens have expired; at the bound none is taken in. */
export class Revocations {
  readonly #entries = new Map<string, Revocation>() // by name

  get size(): number {
    return this.#entries.size
  }

  /** Of two that are alike the later times count, in whatever order they come. False: there is no room. */
  add(revocation: Revocation, nowMs: number): boolean {
    const name = nameOf(revocation.kind, revocation.value, revocation.issuer)
    const known = this.#entries.get(name)
    if (known === undefined && this.#entries.size >= ENTRIES_MAX) this.#forgetPast(nowMs)
    if (known === undefined && this.#entries.size >= ENTRIES_MAX) return false
    const untilMs = Math.max(revocation.untilMs, known?.untilMs ?? 0)
    const revokedAtMs = Math.max(revocation.revokedAtMs, known?.revokedAtMs ?? 0)
    this.#entries.set(name, { ...revocation, revokedAtMs, untilMs })
    return true
  }

  /** The one that is about the same tokens, whatever its times. */
  like({ kind, value, issuer }: Revocation): Revocation | undefined {
    return this.#entries.get(nameOf(kind, value, issuer))
  }

  /** What is revoked now, for a worker that starts. */
  list(nowMs: number): readonly Revocation[] {
    this.#forgetPast(nowMs)
    return [...this.#entries.values()]
  }

  /** Whether the token was revoked. */
  covers(token: TokenIdentity, nowMs: number): boolean {
    if (this.#entries.size === 0) return false
    return (
      this.#has('jti', token.tokenId, token, nowMs) ||
      this.#has('sub', token.subject, token, nowMs) ||
      this.#has('client', token.client, token, nowMs) ||
      this.#has('sid', token.sessionId, token, nowMs) ||
      this.#has('issuer', token.issuer, token, nowMs) ||
      (token.sessionId === undefined && this.#has('sub-without-sid', token.subject, token, nowMs))
    )
  }

  #has(kind: RevocationKind, value: string | undefined, token: TokenIdentity, nowMs: number): boolean {
    if (value === undefined) return false
    const { issuer, issuedAtMs } = token
    return [undefined, issuer].some(of => {
      const entry = this.#entries.get(nameOf(kind, value, of))
      if (entry === undefined || nowMs >= entry.untilMs) return false
      return kind === 'jti' || issuedAtMs === undefined || issuedAtMs <= entry.revokedAtMs
    })
  }

  #forgetPast(nowMs: number): void {
    for (const [name, { untilMs }] of this.#entries) if (nowMs >= untilMs) this.#entries.delete(name)
  }
}

function nameOf(kind: RevocationKind, value: string, issuer: string | undefined): string {
  return JSON.stringify([kind, value, issuer ?? null])
}
