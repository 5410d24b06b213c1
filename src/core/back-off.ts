/** Delays that double from the first to the longest. */
export class BackOff {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs
    this.#longestMs = longestMs
    this.#nextMs = firstMs
  }

  /** How long to wait before the next attempt. */
  nextDelayMs(): number {
    const delayMs = this.#nextMs
    this.#nextMs = Math.min(delayMs * 2, this.#longestMs)
    return delayMs
  }

  /** An attempt has succeeded. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }
}
