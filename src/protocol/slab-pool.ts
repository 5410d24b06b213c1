const SLAB_BYTES = 16 * 1024
const IDLE_SLABS_MAX = 1024
/** Larger slabs have whole multiples of a slab's size; those past this are not kept. */
const KEPT_SIZE_MAX = 1024 * 1024
/** What idle slabs of more than the usual size take together. */
const IDLE_LARGE_BYTES_MAX = 16 * 1024 * 1024

/**
 * Keeps buffers for reuse, so that a write costs no allocation: of 16 KiB at most 1,024 idle ones, of up to 1 MiB at
 * most 16 MiB. A buffer of 256 KiB made for each packet costs as much as copying its bytes, and its end stalls everyone.
 */
export class SlabPool {
  /** Stands for "no slab": it has no room, so the first reservation takes a real one. */
  readonly none: Buffer = Buffer.alloc(0)
  readonly #idle: Buffer[] = []
  /** Idle ones of more than the usual size, by their size. */
  readonly #idleLarge = new Map<number, Buffer[]>()
  #idleLargeBytes = 0

  /** A buffer of at least `size` bytes with arbitrary content. */
  take(size: number): Buffer {
    if (size > SLAB_BYTES) return this.#takeLarge(size)
    return this.#idle.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)
  }

  /** Takes a slab back whose bytes have left; what is past the bounds is left to the garbage collector. */
  give(slab: Buffer): void {
    if (slab.length > SLAB_BYTES) this.#giveLarge(slab)
    else if (slab.length === SLAB_BYTES && this.#idle.length < IDLE_SLABS_MAX) this.#idle.push(slab)
  }

  #takeLarge(size: number): Buffer {
    if (size > KEPT_SIZE_MAX) return Buffer.allocUnsafeSlow(size)
    const rounded = Math.ceil(size / SLAB_BYTES) * SLAB_BYTES
    const slab = this.#idleLarge.get(rounded)?.pop()
    if (slab === undefined) return Buffer.allocUnsafeSlow(rounded)
    this.#idleLargeBytes -= rounded
    return slab
  }

  #giveLarge(slab: Buffer): void {
    const { length } = slab
    if (length > KEPT_SIZE_MAX || this.#idleLargeBytes + length > IDLE_LARGE_BYTES_MAX) return
    this.#idleLargeBytes += length
    const idle = this.#idleLarge.get(length)
    if (idle === undefined) this.#idleLarge.set(length, [slab])
    else idle.push(slab)
  }
}
