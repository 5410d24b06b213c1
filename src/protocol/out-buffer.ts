import type { SlabPool } from './slab-pool.ts'

/** A receiver that fills a slab within a tick gets this much at a time from then on: each slab is a write. */
const FURTHER_SLAB_BYTES = 64 * 1024

/** Whoever sends what an {@link OutBuffer} gathered: a socket, or the link to another worker. */
export interface OutBufferOwner {
  /** The first bytes since the last flush have arrived; the owner calls `flush` before the tick ends. */
  gathering(): void
  /** Takes `slab[0, length)`; the owner gives the slab back to the pool once its bytes have left. */
  send(slab: Buffer, length: number): void
}

/**
 * Gathers the bytes of one tick for one receiver, so that they leave with one write however many packets they hold.
 * A full slab is sent at once and another one taken, so memory is bounded by what the owner lets wait.
 */
export class OutBuffer {
  /** Valid from a `reserve` until the next `reserve` or `flush`. */
  slab: Buffer
  length: number
  readonly #owner: OutBufferOwner
  readonly #pool: SlabPool
  readonly #headBytes: number

  /** Each slab begins with `headBytes` that are the owner's to fill when it is sent. */
  constructor(owner: OutBufferOwner, pool: SlabPool, headBytes = 0) {
    this.#owner = owner
    this.#pool = pool
    this.#headBytes = headBytes
    this.slab = pool.none
    this.length = 0
  }

  /** Makes room for `size` bytes and returns the offset in `slab` at which the caller must write all of them. */
  reserve(size: number): number {
    const offset = this.length
    const end = offset + size
    if (end <= this.slab.length) {
      this.length = end
      return offset
    }
    return this.#reserveInNewSlab(size)
  }

  /** Appends `bytes[start, end)`. */
  append(bytes: Buffer, start: number, end: number): void {
    const offset = this.reserve(end - start)
    bytes.copy(this.slab, offset, start, end)
  }

  /** Sends what was gathered; nothing is sent when nothing was. */
  flush(): void {
    const { slab, length } = this
    if (length === 0) return
    this.slab = this.#pool.none
    this.length = 0
    this.#owner.send(slab, length)
  }

  #reserveInNewSlab(size: number): number {
    const first = this.length === 0
    if (!first) this.flush()
    const head = this.#headBytes
    this.slab = this.#pool.take(first ? head + size : Math.max(head + size, FURTHER_SLAB_BYTES))
    this.length = head + size
    if (first) this.#owner.gathering()
    return head
  }
}
