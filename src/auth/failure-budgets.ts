import type { RefusalCause } from './refusal-cause.ts'
import { TokenBucket } from '../core/token-bucket.ts'

/**
 * The refusals that cost us more than a look: a signature, a key asked for, a password hashed, a request to the
 * authorization server. The others count for nothing: a fleet whose tokens have expired, or have a key that cannot be asked
 * for after a rotation, must not close the door to the rest of its network.
 */
const COSTLY: ReadonlySet<RefusalCause> = new Set([
  'bad_signature',
  'key_unsuitable',
  'unknown_kid',
  'token_inactive',
  'wrong_authentication_secret',
])

/** What a bucket holds when it is full, in seconds of its refill: a device that was set up wrongly retries for a while. */
const BURST_SECONDS = 60
const NAMES_MAX = 10_000

interface Budget {
  readonly bucket: TokenBucket
  /** Set once the spell in which it is spent was told of. */
  told: boolean
}

/**
 * How many costly refusals each client address, or each issuer, may cause. Who causes none has no entry and pays
 * nothing. Bounded: beyond 10,000 names the one that failed longest ago is forgotten and starts afresh.
 */
export class FailureBudgets {
  readonly #perSecond: number
  readonly #namesMax: number
  readonly #budgets = new Map<string, Budget>() // in the order of their last failure

  /** With `Infinity` nothing is ever spent. */
  constructor(perSecond: number, namesMax: number = NAMES_MAX) {
    this.#perSecond = perSecond
    this.#namesMax = namesMax
  }

  get size(): number {
    return this.#budgets.size
  }

  /** Whether `name` has failed so often that nothing costly is to be done for it now. */
  spent(name: string, nowMs: number): boolean {
    return this.#budgets.get(name)?.bucket.allows(nowMs) === false
  }

  /** Counts a refusal, if it is one that counts. */
  charge(name: string, cause: RefusalCause, nowMs: number): void {
    if (!COSTLY.has(cause) || this.#perSecond === Number.POSITIVE_INFINITY) return
    const known = this.#budgets.get(name)
    this.#budgets.delete(name)
    const budget = known === undefined || known.bucket.full(nowMs) ? this.#fresh(nowMs) : known
    this.#budgets.set(name, budget)
    budget.bucket.take(nowMs)
    if (this.#budgets.size <= this.#namesMax) return
    for (const oldest of this.#budgets.keys()) {
      this.#budgets.delete(oldest)
      break
    }
  }

  /** Whether this is the first time in a spell that it is asked; the spell ends when the budget is whole again. */
  firstOfSpell(name: string): boolean {
    const budget = this.#budgets.get(name)
    if (budget === undefined || budget.told) return false
    budget.told = true
    return true
  }

  #fresh(nowMs: number): Budget {
    return { bucket: new TokenBucket(this.#perSecond * BURST_SECONDS, 1000 / this.#perSecond, nowMs), told: false }
  }
}
