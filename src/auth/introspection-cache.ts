import type { IntrospectionAnswer } from './introspection.ts'

/** An answer with the times until which it counts. */
export interface KeptAnswer {
  readonly answer: IntrospectionAnswer
  readonly askedAtMs: number
  /** Until then nobody asks again. */
  readonly freshUntilMs: number
  /** Until then it may stand in for an endpoint that gives no answer. */
  readonly staleUntilMs: number
}

/** Answers by the digest of their token. Bounded: the one not used for the longest time is forgotten. */
export class IntrospectionCache {
  readonly #entriesMax: number
  readonly #entries = new Map<string, KeptAnswer>() // in the order of their last use

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** What is kept, fresh or stale; one that is neither is forgotten. */
  find(digest: string, nowMs: number): KeptAnswer | undefined {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return undefined
    this.#entries.delete(digest)
    if (nowMs >= entry.freshUntilMs && nowMs >= entry.staleUntilMs) return undefined
    this.#entries.set(digest, entry)
    return entry
  }

  keep(digest: string, entry: KeptAnswer): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, entry)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#entriesMax) break
      this.#entries.delete(oldest)
    }
  }
}
