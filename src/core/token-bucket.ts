/** Allows `burst` things at once and then one for each `refillMs`. Full at first. */
export class TokenBucket {
  readonly #burst: number
  readonly #refillMs: number
  /** Below 0: what was charged above the burst is still owed. */
  #available: number
  #countedAtMs: number

  constructor(burst: number, refillMs: number, nowMs: number) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#available = burst
    this.#countedAtMs = nowMs
  }

  /** Whether one more is allowed now; counts it if so. */
  take(nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#available < 1) return false
    this.#available--
    return true
  }

  /** Counts `amount` that has come already; returns after how many ms it is made up for, 0: it was allowed. */
  charge(amount: number, nowMs: number): number {
    this.#refill(nowMs)
    this.#available -= amount
    return this.#available >= 0 ? 0 : Math.ceil(-this.#available * this.#refillMs)
  }

  /** Whether one more would be allowed now. */
  allows(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#available >= 1
  }

  /** Whether all that was taken has come back. */
  full(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#available >= this.#burst
  }

  /** A clock that was set back refills nothing. */
  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#countedAtMs)
    this.#available = Math.min(this.#burst, this.#available + elapsedMs / this.#refillMs)
    this.#countedAtMs = nowMs
  }
}
