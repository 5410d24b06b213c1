/** Something that gathers what it has to write. */
export interface Gathering {
  /** True while it stands in the list of the turn; only the turn changes it. */
  inTurn: boolean
  /** Writes what has gathered. */
  flush(): void
}

/** Gathers the writes of one turn of the event loop: each connection writes once, after all reads. */
export class Turn {
  #waiting: Gathering[] = []
  #flushing: Gathering[] = []
  #scheduled = false

  add(item: Gathering): void {
    if (item.inTurn) return
    item.inTurn = true
    this.#waiting.push(item)
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    const items = this.#waiting
    this.#waiting = this.#flushing
    this.#flushing = items
    for (const item of items) {
      item.inTurn = false
      item.flush()
    }
    items.length = 0
  }
}
