const INITIAL_COUNT = 64
const PACKET_BYTES = 4

/** Acknowledgements of a connection that wait for the end of the turn, encoded and framed one after another. */
export class Acknowledgements {
  /** One acknowledgement as the transport sends it. */
  readonly #form: Buffer
  #bytes: Buffer
  #used = 0

  constructor(framed: (packet: Buffer) => Buffer) {
    this.#form = framed(Buffer.of(0, 2, 0, 0))
    this.#bytes = Buffer.alloc(this.#form.length * INITIAL_COUNT)
  }

  get waiting(): boolean {
    return this.#used > 0
  }

  /** The waiting bytes. They are the caller's only until the next `append`, or for good after `surrender`. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#used)
  }

  append(firstByte: number, packetIdHigh: number, packetIdLow: number): void {
    const end = this.#used + this.#form.length
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2)
    this.#bytes.set(this.#form, this.#used)
    this.#bytes[end - PACKET_BYTES] = firstByte
    this.#bytes[end - 2] = packetIdHigh
    this.#bytes[end - 1] = packetIdLow
    this.#used = end
  }

  /** Everything has gone to the kernel. */
  clear(): void {
    this.#used = 0
  }

  /** Leaves the buffer to a write that is under way. */
  surrender(): void {
    this.#bytes = Buffer.alloc(this.#bytes.length)
    this.#used = 0
  }
}
