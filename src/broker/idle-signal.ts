/** Lets a paced sender wait until what it sent has gone. */
export class IdleSignal {
  #waiting: (() => void)[] = []

  /** Resolves with the next {@link idle}. */
  wait(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** There is room again, or nobody to send to any more. */
  idle(): void {
    if (this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
