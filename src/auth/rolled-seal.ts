import type { Seal, SealedValue } from './cluster-seal.ts'

/**
 * The seal of a cluster whose secret is being rolled over: it seals and names with one secret, and takes what was sealed and
 * named with another one as well.
 */
export class RolledSeal implements Seal {
  readonly #current: Seal
  readonly #accepted: Seal

  constructor(current: Seal, accepted: Seal) {
    this.#current = current
    this.#accepted = accepted
  }

  nameOf(...parts: readonly string[]): string {
    return this.#current.nameOf(...parts)
  }

  isNameOf(name: string, ...parts: readonly string[]): boolean {
    return this.#current.isNameOf(name, ...parts) || this.#accepted.isNameOf(name, ...parts)
  }

  seal(name: string, value: Buffer, untilMs: number): Buffer {
    return this.#current.seal(name, value, untilMs)
  }

  open(name: string, sealed: Buffer, nowMs: number): SealedValue | undefined {
    return this.#current.open(name, sealed, nowMs) ?? this.#accepted.open(name, sealed, nowMs)
  }
}
