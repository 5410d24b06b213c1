const KIDS_MAX = 1_024
const REMEMBERED_MS = 30_000

/**
 * Key ids that a fetched set was seen not to have, so that the same wrong token does not cause another fetch at once.
 * Bounded: the oldest is forgotten.
 */
export class UnknownKids {
  readonly #untilMs = new Map<string, number>() // in the order of their end

  has(kid: string, nowMs: number): boolean {
    return (this.#untilMs.get(kid) ?? 0) > nowMs
  }

  add(kid: string, nowMs: number): void {
    this.#untilMs.delete(kid)
    this.#untilMs.set(kid, nowMs + REMEMBERED_MS)
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= KIDS_MAX) break
      this.#untilMs.delete(oldest)
    }
  }
}
