const FIRST_BYTES = 16 * 1024

/** Keeps what arrives at a paused connection whose transport cannot stop reading, up to a bound. */
export class HeldInput {
  readonly #bytesMax: number
  #bytes: Buffer
  #length: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, bytesMax))
    this.#length = 0
  }

  /** Everything that is held, in the order of its arrival. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Copies `bytes` behind what is held. False: that would go past the bound, and nothing was copied. */
  append(bytes: Buffer): boolean {
    const length = this.#length + bytes.length
    if (length > this.#bytesMax) return false
    if (length > this.#bytes.length) this.#grow(length)
    bytes.copy(this.#bytes, this.#length)
    this.#length = length
    return true
  }

  #grow(length: number): void {
    const doubled = Math.max(this.#bytes.length * 2, length)
    const grown = Buffer.allocUnsafeSlow(Math.min(doubled, this.#bytesMax))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
