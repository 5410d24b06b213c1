const FAILURES_MAX = 5
const OPEN_FIRST_MS = 1_000
const OPEN_MAX_MS = 60_000

/**
 * Keeps requests from a server that fails: after five failures in a row none is let through for a second, then one
 * that tries, and after each further failure for twice as long, up to a minute.
 */
export class CircuitBreaker {
  #failures = 0
  #openUntilMs = 0
  #trying = false

  /** Whether a request may be sent; one that was let through ends with {@link succeeded} or {@link failed}. */
  allows(nowMs: number): boolean {
    if (this.#failures < FAILURES_MAX) return true
    if (this.#trying || nowMs < this.#openUntilMs) return false
    this.#trying = true
    return true
  }

  succeeded(): void {
    this.#failures = 0
    this.#trying = false
  }

  failed(nowMs: number): void {
    this.#trying = false
    this.#failures++
    if (this.#failures < FAILURES_MAX) return
    const openMs = OPEN_FIRST_MS * 2 ** Math.min(16, this.#failures - FAILURES_MAX)
    this.#openUntilMs = nowMs + Math.min(OPEN_MAX_MS, openMs)
  }
}
