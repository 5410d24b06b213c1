/** Allows `burst` things at once and then one for each `refillMs`. Full at first. */
export class TokenBucket {
  readonly #burst: number
  readonly #refillMs: number
  #available: number
  #countedAtMs: number

  constructor(burst: number, refillMs: number, nowMs: number) {
    this.#burst = burst
    this.#refillMs = refillMs
    this.#available = burst
    this.#countedAtMs = nowMs
  }

  /** Whether one more is allowed now; counts it if so. A clock that was set back refills nothing. */
  take(nowMs: number): boolean {
    const elapsedMs = Math.max(0, nowMs - this.#countedAtMs)
    this.#available = Math.min(this.#burst, this.#available + elapsedMs / this.#refillMs)
    this.#countedAtMs = nowMs
    if (this.#available < 1) return false
    this.#available--
    return true
  }
}
