/** Which of a fixed number of messages each subscriber has seen, where no order is promised. */
export class SeenSets {
  readonly #messages: number
  readonly #seen: Uint8Array
  #fresh = 0
  #doubled = 0

  constructor(subscribers: number, messages: number) {
    this.#messages = messages
    this.#seen = new Uint8Array(subscribers * messages)
  }

  /** First arrivals, over all subscribers. */
  get fresh(): number {
    return this.#fresh
  }

  get doubled(): number {
    return this.#doubled
  }

  get lost(): number {
    return this.#seen.length - this.#fresh
  }

  record(subscriber: number, message: number): void {
    const at = subscriber * this.#messages + message
    if (this.#seen[at] === 1) this.#doubled += 1
    else this.#fresh += 1
    this.#seen[at] = 1
  }
}
