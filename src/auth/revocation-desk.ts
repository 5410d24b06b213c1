import { hash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../ports/clock.ts'
import type { KeySets } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'
import { member } from './json-object.ts'
import { readLogoutToken } from './logout-token.ts'
import type { LogoutIssuer } from './logout-token.ts'
import { opaqueToken } from './opaque-token.ts'
import type { Revocation, RevocationKind, Revocations } from './revocations.ts'
import { compactToken, decodeToken } from './token-grammar.ts'
import { tokenDigest, tokenIdentity } from './token-identity.ts'

export interface RevocationDeskParts {
  readonly revocations: Revocations
  readonly keySets: KeySets
  /** Whose logout tokens count now. */
  readonly issuers: () => readonly LogoutIssuer[]
  /** Of whoever runs the broker; undefined: nobody may revoke but issuers. */
  readonly adminToken: string | undefined
  readonly clock: Clock
  readonly log: Log
  /** Hands new revocations to all workers. */
  readonly spread: (revocations: readonly Revocation[]) => void
  /** Hands them to whatever outlives this process, and to the other nodes; resolves with whether they are safe there. */
  readonly keep: (revocations: readonly Revocation[]) => Promise<boolean>
}

/** Why tokens are not revoked: the request is wrong; or they are, but not beyond this node and its next restart. */
export interface RevocationFault {
  readonly kind: 'wrong' | 'not-kept'
  readonly text: string
}

const NAMES: readonly RevocationKind[] = ['jti', 'sub', 'client', 'sid']
const FIELDS: ReadonlySet<string> = new Set([...NAMES, 'issuer', 'expires_in'])
/** How long an entry stays when nobody says when its tokens expire. */
const LIFETIME_SECONDS = 7 * 24 * 60 * 60
const LIFETIME_SECONDS_MAX = 366 * 24 * 60 * 60
const VALUE_CHARACTERS_MAX = 4_096

/** Takes in revocations, from whoever runs the broker and from issuers, for all workers of the host. */
export class RevocationDesk {
  readonly #parts: RevocationDeskParts
  readonly #secret: Buffer | undefined

  constructor(parts: RevocationDeskParts) {
    this.#parts = parts
    this.#secret = parts.adminToken === undefined ? undefined : hash('sha256', parts.adminToken, 'buffer')
  }

  /** Whether this is the secret, in a time that does not depend on how much of it is right. */
  knows(secret: string): boolean {
    return this.#secret !== undefined && timingSafeEqual(this.#secret, hash('sha256', secret, 'buffer'))
  }

  /**
   * Revokes by one of `jti`, `sub`, `client`, `sid`, of an `issuer` or of any; or by `issuer` alone; for `expires_in`
   * seconds. Resolves with what is wrong with the form, or went wrong.
   */
  async revoke(form: URLSearchParams): Promise<RevocationFault | undefined> {
    const revocation = this.#readForm(form)
    return typeof revocation === 'string' ? wrong(revocation) : await this.#add([revocation])
  }

  /** Revokes one token until it expires by itself. Nothing of it need be right: who shows it knows the secret. */
  async revokeToken(text: string): Promise<RevocationFault | undefined> {
    const bytes = Buffer.from(text)
    const opaque = opaqueToken(bytes)
    if (opaque.kind === 'refused') return wrong('token: expected a token')
    const nowMs = this.#parts.clock.nowMs()
    const compact = compactToken(bytes)
    const decoded = compact.kind === 'compact' ? decodeToken(compact) : compact
    const lifetimeMs = LIFETIME_SECONDS * 1000
    const any = { kind: 'jti', issuer: undefined, revokedAtMs: nowMs } as const
    if (decoded.kind === 'refused') {
      return await this.#add([{ ...any, value: tokenDigest(bytes), untilMs: nowMs + lifetimeMs }])
    }
    const { issuer, tokenId } = tokenIdentity(decoded.payload, bytes)
    const exp = member(decoded.payload, 'exp')
    // A grace may follow the expiry.
    const untilMs = typeof exp === 'number' ? Math.max(nowMs, exp * 1000) + lifetimeMs : nowMs + lifetimeMs
    return await this.#add([
      { ...any, value: tokenId, issuer, untilMs: Math.min(untilMs, nowMs + LIFETIME_SECONDS_MAX * 1000) },
    ])
  }

  /** Revokes the tokens of a user, or of one session of the user, whom the issuer has logged out. */
  async logout(text: string): Promise<RevocationFault | undefined> {
    const { issuers, keySets, clock, log } = this.#parts
    const logout = await readLogoutToken(text, issuers(), keySets, clock.nowMs())
    if (logout.kind === 'refused') {
      log.info('logout token refused', { ...logout.detail, cause: logout.cause })
      return wrong('logout_token: refused')
    }
    const { issuer, subject, sessionId, issuedAtMs: revokedAtMs } = logout
    const untilMs = clock.nowMs() + LIFETIME_SECONDS * 1000
    const of = (kind: RevocationKind, value: string | undefined): readonly Revocation[] =>
      value === undefined ? [] : [{ kind, value, issuer, revokedAtMs, untilMs }]
    if (sessionId === undefined) return await this.#add(of('sub', subject))
    // A token that does not say to which session it belongs may be of this one.
    return await this.#add([...of('sid', sessionId), ...of('sub-without-sid', subject)])
  }

  #readForm(form: URLSearchParams): Revocation | string {
    for (const name of form.keys()) if (!FIELDS.has(name)) return `unknown field ${JSON.stringify(name.slice(0, 40))}`
    const issuer = form.get('issuer') ?? undefined
    const named = NAMES.filter(name => form.has(name))
    const kind = named[0] ?? 'issuer'
    const value = form.get(kind) ?? ''
    if (named.length > 1) return `expected one of ${NAMES.join(', ')}`
    if (value === '' || issuer === '') return `expected a value for one of ${NAMES.join(', ')}, or for issuer`
    if (value.length > VALUE_CHARACTERS_MAX) return `expected at most ${VALUE_CHARACTERS_MAX} characters`
    const seconds = Number(form.get('expires_in') ?? LIFETIME_SECONDS)
    if (!(seconds >= 1 && seconds <= LIFETIME_SECONDS_MAX)) {
      return `expires_in: expected seconds from 1 to ${LIFETIME_SECONDS_MAX}`
    }
    const nowMs = this.#parts.clock.nowMs()
    const of = kind === 'issuer' ? undefined : issuer
    return { kind, value, issuer: of, revokedAtMs: nowMs, untilMs: nowMs + seconds * 1000 }
  }

  async #add(wanted: readonly Revocation[]): Promise<RevocationFault | undefined> {
    const { revocations, clock, log, spread, keep } = this.#parts
    const added = wanted.filter(revocation => revocations.add(revocation, clock.nowMs()))
    for (const { kind, issuer, untilMs } of added) log.info('tokens revoked', { kind, issuer, untilMs })
    spread(added)
    if (added.length < wanted.length) return notKept('there is no room for further revocations')
    return (await keep(added)) ? undefined : notKept('revoked at this node; it could not be stored yet, see its log')
  }
}

function wrong(text: string): RevocationFault {
  return { kind: 'wrong', text }
}

function notKept(text: string): RevocationFault {
  return { kind: 'not-kept', text }
}
