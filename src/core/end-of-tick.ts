/** Something that gathers work during a tick and hands it over at the end of it. */
export interface Flushable {
  flush(): void
}

/**
 * Flushes what was gathered in one turn of the event loop: socket writes, bus frames, store requests, token batches.
 * `schedule` runs its task after the input of the turn (setImmediate), so light load pays no delay.
 */
export class EndOfTick {
  readonly #schedule: (task: () => void) => void
  readonly #flush = (): void => this.flush()
  #gathered: Flushable[] = []
  #spare: Flushable[] = []

  constructor(schedule: (task: () => void) => void) {
    this.#schedule = schedule
  }

  /** Flushes `flushable` once when the tick ends. The caller adds itself once per tick. */
  add(flushable: Flushable): void {
    if (this.#gathered.length === 0) this.#schedule(this.#flush)
    this.#gathered.push(flushable)
  }

  /** Flushes now; what is added meanwhile, or comes after one that throws, waits for the next end of tick. */
  flush(): void {
    const gathered = this.#gathered
    this.#gathered = this.#spare
    let flushed = 0
    try {
      for (const flushable of gathered) {
        flushed++
        flushable.flush()
      }
    } finally {
      for (const left of gathered.slice(flushed)) this.add(left)
      gathered.length = 0
      this.#spare = gathered
    }
  }
}
