const HISTORY_BITS = 32

/**
 * Follows the sequence numbers of each flow (one publisher to one subscriber) and counts what was lost, doubled and
 * reordered. Remembers the newest 32 numbers of a flow one by one, and of older ones how many are missing.
 */
export class Flows {
  readonly #next: Uint32Array
  readonly #missing: Uint32Array
  /** Bit n: the number `next - 1 - n` has arrived. */
  readonly #history: Uint32Array
  #doubled = 0
  #reordered = 0

  constructor(count: number) {
    this.#next = new Uint32Array(count)
    this.#missing = new Uint32Array(count)
    this.#history = new Uint32Array(count)
  }

  get doubled(): number {
    return this.#doubled
  }

  get reordered(): number {
    return this.#reordered
  }

  /** Takes note of an arrival; false when it had arrived before. */
  record(flow: number, sequence: number): boolean {
    const ahead = sequence - (this.#next[flow] ?? 0)
    if (ahead < 0) return this.#recordLate(flow, -ahead - 1)
    this.#history[flow] = ahead >= HISTORY_BITS - 1 ? 1 : ((this.#history[flow] ?? 0) << (ahead + 1)) | 1
    this.#next[flow] = sequence + 1
    if (ahead > 0) this.#missing[flow] = (this.#missing[flow] ?? 0) + ahead
    return true
  }

  /** How many of the first `sent` numbers of a flow have not arrived. */
  lost(flow: number, sent: number): number {
    return sent - (this.#next[flow] ?? 0) + (this.#missing[flow] ?? 0)
  }

  #recordLate(flow: number, back: number): boolean {
    if (this.#missing[flow] === 0 || this.#hasArrived(flow, back)) {
      this.#doubled += 1
      return false
    }
    if (back < HISTORY_BITS) this.#history[flow] = (this.#history[flow] ?? 0) | (1 << back)
    this.#missing[flow] = (this.#missing[flow] ?? 0) - 1
    this.#reordered += 1
    return true
  }

  // Beyond the history a late number is taken for one of the missing.
  #hasArrived(flow: number, back: number): boolean {
    return back < HISTORY_BITS && (((this.#history[flow] ?? 0) >>> back) & 1) === 1
  }
}
