const NOTHING: Buffer = Buffer.alloc(0)
const FIRST_CAPACITY = 64

/**
 * Bytes of one connection that have arrived and cannot be decoded yet. The buffer grows with what has arrived, doubling,
 * so that it is never more than twice of that and adding byte by byte stays linear. It is let go when it is empty.
 */
export class UndecodedBytes {
  /** `bytes[0, length)`. */
  bytes: Buffer = NOTHING
  length = 0

  /** Copies `source[start, end)` behind what is there. */
  append(source: Buffer, start: number, end: number): void {
    const length = this.length + end - start
    if (length > this.bytes.length) this.#grow(length)
    source.copy(this.bytes, this.length, start, end)
    this.length = length
  }

  /** Drops the first `count` bytes. */
  consume(count: number): void {
    if (count >= this.length) return this.clear()
    this.bytes.copyWithin(0, count, this.length)
    this.length -= count
  }

  clear(): void {
    this.bytes = NOTHING
    this.length = 0
  }

  #grow(length: number): void {
    const capacity = Math.max(FIRST_CAPACITY, length, Math.min(this.bytes.length * 2, length * 2))
    // Not from Node's pool, where a few bytes of a client that says no more would keep 64 KiB.
    const bytes = Buffer.allocUnsafeSlow(capacity)
    this.bytes.copy(bytes, 0, 0, this.length)
    this.bytes = bytes
  }
}
