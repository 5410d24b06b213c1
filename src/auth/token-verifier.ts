import { hash } from 'node:crypto'
import { expiryMs } from './claim-time.ts'
import { checkClaims, type ClaimContext } from './claims.ts'
import { refusalIn } from './decision-trace.ts'
import type { DecisionTrace } from './decision-trace.ts'
import { KeySet, type VerificationKey } from './key-set.ts'
import { shortened } from './printable-text.ts'
import { FailureBudgets } from './failure-budgets.ts'
import { refused, type Refusal } from './refusal-cause.ts'
import { SignatureBatches, type SignaturePool, type SignatureResult } from './signature-batches.ts'
import { compactToken, decodeToken, type CompactToken } from './token-grammar.ts'
import { readHeader, type TokenHeader } from './token-header.ts'
import { VerifiedTokens, type VerifiedToken } from './verified-tokens.ts'
import type { JsonObject } from './json-object.ts'
import type { JwtValidationModel } from './security-model.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock } from '../ports/clock.ts'
import type { KeySets, KeySetSnapshot } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'

export interface TokenVerifierParts {
  readonly keySets: KeySets
  readonly pool: SignaturePool
  readonly clock: Clock
  readonly endOfTick: EndOfTick
  readonly log: Log
  /** Bad tokens of one issuer that are looked at in a second, in the long run; absent: any number. */
  readonly failuresPerSecond?: number
  readonly cacheEntriesMax?: number
  /** Of each realm. */
  readonly pendingMax?: number
}

export interface Verified {
  readonly kind: 'verified'
  readonly claims: JsonObject
  /** Unix time in ms after which the token is no longer accepted. */
  readonly expiresAtMs: number
  /** The key that verified it; absent: its issuer was asked instead. */
  readonly keyId?: string
}

/** What a token turned out to be for the rules it was checked against. */
export type Verdict = Refusal | Verified

/** A token on its way through the steps that take time. */
interface Candidate {
  readonly realm: string
  readonly digest: string
  readonly compact: CompactToken
  readonly header: TokenHeader
  readonly claims: JsonObject
  readonly untilMs: number
  readonly trace: DecisionTrace | undefined
}

const CACHE_ENTRIES_MAX = 10_000
const PENDING_MAX = 10_000

/**
 * Decides on tokens: form, what is known of it already, claims, key, signature, in this order, so that a bad token is
 * cheap. A token with several faults is refused for the first one met: one that has expired and is forged as well is
 * `token_expired`.
 */
export class TokenVerifier {
  readonly #keySets: KeySets
  readonly #clock: Clock
  readonly #verified: VerifiedTokens
  readonly #batches: SignatureBatches
  readonly #pendingMax: number
  readonly #parsedKeySets = new Map<string, KeySet>() // by realm
  readonly #inFlight = new Map<string, Promise<SignatureResult>>()
  readonly #pending = new Map<string, number>() // by realm
  readonly #failures: FailureBudgets
  readonly #log: Log

  constructor(parts: TokenVerifierParts) {
    this.#keySets = parts.keySets
    this.#clock = parts.clock
    this.#verified = new VerifiedTokens(parts.cacheEntriesMax ?? CACHE_ENTRIES_MAX)
    this.#batches = new SignatureBatches(parts.pool, parts.endOfTick, parts.log, parts.pendingMax ?? PENDING_MAX)
    this.#pendingMax = parts.pendingMax ?? PENDING_MAX
    this.#failures = new FailureBudgets(parts.failuresPerSecond ?? Number.POSITIVE_INFINITY)
    this.#log = parts.log
  }

  /** Tokens that wait for a key or a signature now. */
  get pendingNow(): number {
    return [...this.#pending.values()].reduce((sum, count) => sum + count, 0)
  }

  /**
   * Answers at once for a token that is known or bad, else once its signature is verified. Never rejects for anything
   * in the password. The claims are checked against `rules` each time, known token or not.
   */
  verify(
    realm: string,
    password: Buffer | undefined,
    rules: JwtValidationModel,
    context: ClaimContext,
  ): Verdict | Promise<Verdict> {
    const { trace } = context
    const compact = compactToken(password)
    if (compact.kind === 'refused') {
      trace?.({ kind: 'form', password, refusal: compact })
      return compact
    }
    const nowMs = this.#clock.nowMs()
    const digest = `${hash('sha256', compact.text, 'base64')} ${realm}`
    const known = this.#known(realm, digest, nowMs)
    if (known !== undefined) return checkClaims(known.claims, rules, context, nowMs) ?? accepted(known, rules)

    const token = decodeToken(compact)
    trace?.({ kind: 'form', password, refusal: refusalIn(token) })
    if (token.kind === 'refused') return token
    const header = readHeader(token.header)
    trace?.({ kind: 'header', header: token.header, refusal: refusalIn(header) })
    if (header.kind === 'refused') return header
    const refusal = checkClaims(token.payload, rules, context, nowMs)
    if (refusal !== undefined) return refusal
    const over = this.#overBudget(realm, context, nowMs)
    if (over !== undefined) return over
    const untilMs = expiryMs(token.payload, rules.expGraceSeconds)
    return this.#prove({ realm, digest, compact, header, claims: token.payload, untilMs, trace })
  }

  /** Whether a key is among those of the realm now. */
  trusts(realm: string, keyId: string): boolean {
    return this.#keySet(this.#keySets.current(realm))?.has(keyId) === true
  }

  /** Forgets what is kept of all realms but these. */
  retain(realms: ReadonlySet<string>): void {
    for (const realm of this.#parsedKeySets.keys()) if (!realms.has(realm)) this.#parsedKeySets.delete(realm)
    this.#batches.retain(realms)
  }

  /** The last refusal that costs next to nothing: what follows is work. */
  #overBudget(realm: string, { allowance }: ClaimContext, nowMs: number): Refusal | undefined {
    if (allowance === 'nothing-costly') return refused('address_over_budget')
    if (allowance === 'within-budget' && this.#failures.spent(realm, nowMs)) {
      if (this.#failures.firstOfSpell(realm)) this.#log.warn('too many tokens of one issuer are bad', { realm })
      return refused('issuer_over_budget', { realm })
    }
    if ((this.#pending.get(realm) ?? 0) < this.#pendingMax) return undefined
    return refused('overloaded', { pendingMax: this.#pendingMax })
  }

  #known(realm: string, digest: string, nowMs: number): VerifiedToken | undefined {
    const known = this.#verified.find(digest, nowMs)
    if (known === undefined) return undefined
    if (this.trusts(realm, known.keyId)) return known
    this.#verified.forget(digest)
    return undefined
  }

  async #prove(candidate: Candidate): Promise<Verdict> {
    const { realm } = candidate
    this.#pending.set(realm, (this.#pending.get(realm) ?? 0) + 1)
    try {
      const proven = await this.#proof(candidate)
      if (proven.kind === 'refused') this.#failures.charge(realm, proven.cause, this.#clock.nowMs())
      return proven
    } finally {
      const others = (this.#pending.get(realm) ?? 1) - 1
      if (others === 0) this.#pending.delete(realm)
      else this.#pending.set(realm, others)
    }
  }

  async #proof(candidate: Candidate): Promise<Verdict> {
    const { realm, trace, header, digest, claims, untilMs } = candidate
    const key = await this.#key(realm, header)
    const snapshot = this.#keySets.current(realm)
    trace?.({ kind: 'key', kid: header.kid, snapshot, refusal: refusalIn(key) })
    if (key.kind === 'refused') return key
    const result = await this.#signature(candidate, key)
    const refusal = result === 'valid' ? undefined : refused(result, { kid: header.kid ?? 'absent' })
    trace?.({ kind: 'signature', algorithm: header.algorithm, refusal })
    if (refusal !== undefined) return refusal
    this.#verified.remember(digest, { claims, keyId: key.id, untilMs })
    return { kind: 'verified', claims, expiresAtMs: untilMs, keyId: key.id }
  }

  async #key(realm: string, header: TokenHeader): Promise<VerificationKey | Refusal> {
    const found = this.#select(this.#keySets.current(realm), header)
    if (found.kind === 'key' || header.kid === undefined) return found
    if (found.cause !== 'unknown_kid' && found.cause !== 'keys_unavailable') return found
    // Right after a rotation the first token with the new key is here before the key is.
    const { snapshot, absent } = await this.#keySets.refresh(realm, header.kid)
    const selected = this.#select(snapshot, header)
    if (absent || selected.kind === 'key' || selected.cause !== 'unknown_kid') return selected
    // The issuer may have the key by now: whether the token is good is not known.
    return refused('key_not_asked_for', { kid: shortened(header.kid) })
  }

  #select(snapshot: KeySetSnapshot | undefined, header: TokenHeader): VerificationKey | Refusal {
    const keySet = this.#keySet(snapshot)
    return keySet === undefined || keySet.size === 0 ? refused('keys_unavailable') : keySet.select(header)
  }

  #keySet(snapshot: KeySetSnapshot | undefined): KeySet | undefined {
    if (snapshot === undefined) return undefined
    const parsed = this.#parsedKeySets.get(snapshot.realm)
    if (parsed?.snapshot === snapshot) return parsed
    const keySet = new KeySet(snapshot)
    this.#parsedKeySets.set(snapshot.realm, keySet)
    return keySet
  }

  /** A token that two connections show at the same moment is verified once; each checks its own rules. */
  #signature({ realm, digest, compact, header }: Candidate, key: VerificationKey): Promise<SignatureResult> {
    const name = `${digest} ${key.id}`
    const running = this.#inFlight.get(name)
    if (running !== undefined) return running
    const task = { compact: compact.text, algorithm: header.algorithm, key }
    const result = this.#batches.verify(realm, task).finally(() => this.#inFlight.delete(name))
    this.#inFlight.set(name, result)
    return result
  }
}

function accepted({ claims, keyId }: VerifiedToken, rules: JwtValidationModel): Verified {
  return { kind: 'verified', claims, expiresAtMs: expiryMs(claims, rules.expGraceSeconds), keyId }
}
