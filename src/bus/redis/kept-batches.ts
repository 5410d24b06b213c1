import type { SlabPool } from '../../protocol/slab-pool.ts'

/** A batch with room for its head. */
export interface KeptBatch {
  readonly bytes: Buffer
  readonly length: number
}

/** A tick at light load fills little of a slab: kept for long, it would hold all of it. */
const COPIED_BYTES_MAX = 4096

/** The batches that may have to be sent again, numbered from 1 without a gap. */
export class KeptBatches {
  /** Number of the newest. */
  last = 0
  /** Number before the oldest that is kept. */
  dropped = 0
  /** Memory that they hold. */
  bytes = 0
  readonly #slabs: SlabPool
  #batches: (KeptBatch | undefined)[] = []
  #head = 0

  constructor(slabs: SlabPool) {
    this.#slabs = slabs
  }

  /** Keeps `bytes[0, length)` and gives it the next number; the slab is the pool's again once it is dropped. */
  push(bytes: Buffer, length: number): void {
    const kept = length <= COPIED_BYTES_MAX ? Buffer.from(bytes.subarray(0, length)) : bytes
    if (kept !== bytes) this.#slabs.give(bytes)
    this.#batches.push({ bytes: kept, length })
    this.bytes += kept.length
    this.last++
  }

  get(number: number): KeptBatch | undefined {
    return this.#batches[this.#head + number - this.dropped - 1]
  }

  /** Drops the oldest and returns its length. */
  shift(): number {
    const batch = this.#batches[this.#head]
    if (batch === undefined) return 0
    this.#batches[this.#head] = undefined
    this.#head++
    this.dropped++
    this.bytes -= batch.bytes.length
    this.#slabs.give(batch.bytes)
    if (this.#head > 64 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head)
      this.#head = 0
    }
    return batch.length
  }
}
