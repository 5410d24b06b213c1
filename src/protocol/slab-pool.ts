const SLAB_BYTES = 16 * 1024
const POOLED_SLABS_MAX = 1024

/** Keeps 16 KiB buffers for reuse, so that a write costs no allocation; at most 1,024 idle ones are kept. */
export class SlabPool {
  /** Stands for "no slab": it has no room, so the first reservation takes a real one. */
  readonly none: Buffer = Buffer.alloc(0)
  readonly #idle: Buffer[] = []

  /** A buffer of at least `size` bytes with arbitrary content. */
  take(size: number): Buffer {
    if (size > SLAB_BYTES) return Buffer.allocUnsafeSlow(size)
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)
  }

  /** Takes a slab back whose bytes have left; larger ones are left to the garbage collector. */
  give(slab: Buffer): void {
    if (slab.length === SLAB_BYTES && this.#idle.length < POOLED_SLABS_MAX) this.#idle.push(slab)
  }
}
