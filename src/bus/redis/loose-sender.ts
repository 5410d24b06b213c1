import { OutBuffer, type OutBufferOwner } from '../../protocol/out-buffer.ts'
import type { SlabPool } from '../../protocol/slab-pool.ts'
import { BODY_BYTES_MAX } from './reliable-sender.ts'

/** Bytes that the peer has not seen yet above which more is better dropped. */
const UNSEEN_BYTES_MAX = 4 * 1024 * 1024
/** How long the peer may not say that it has seen anything before what is on its way counts as lost. */
const LOST_MS = 1000

/** Publishes a batch: fills in its head and hands `bytes[0, length)` on; `rest`: it does not begin with a whole frame. */
export type PublishLoose = (position: number, bytes: Buffer, length: number, rest: boolean) => void

interface Gathered {
  readonly bytes: Buffer
  readonly length: number
}

/** QoS 0 messages to one peer: sent once, and what the peer has not seen is measured, so that it is never flooded. */
export class LooseSender implements OutBufferOwner {
  /** Whole frames put here leave with the tick. */
  readonly out: OutBuffer
  readonly #slabs: SlabPool
  readonly #headBytes: number
  readonly #gathering: () => void
  /** Full slabs of this tick. */
  #gathered: Gathered[] = []
  #gatheredBytes = 0
  #sentBytes = 0
  #seenBytes = 0
  #progress = 0
  #progressAtMs = 0

  constructor(slabs: SlabPool, headBytes: number, gathering: () => void) {
    this.#slabs = slabs
    this.#headBytes = headBytes
    this.#gathering = gathering
    this.out = new OutBuffer(this, slabs, headBytes)
  }

  /** The peer has not seen as much as it may lag behind. */
  get congested(): boolean {
    return this.#sentBytes - this.#seenBytes + this.#gatheredBytes > UNSEEN_BYTES_MAX
  }

  gathering(): void {
    this.#gathering()
  }

  send(slab: Buffer, length: number): void {
    this.#gathered.push({ bytes: slab, length })
    this.#gatheredBytes += length
  }

  /** Publishes what was gathered; its memory is in use until it is let go. */
  pump(publish: PublishLoose): void {
    this.out.flush()
    for (const { bytes, length } of this.#gathered) this.#publish(bytes, length, publish)
  }

  /** Lets go of what was gathered: it has been copied, or there is no way to send it. */
  letGo(): void {
    this.out.flush()
    for (const { bytes } of this.#gathered) this.#slabs.give(bytes)
    this.#gathered = []
    this.#gatheredBytes = 0
  }

  /** The peer has seen this many bytes, or what was sent before them and is lost. */
  seen(bytes: number): void {
    if (bytes > this.#seenBytes && bytes <= this.#sentBytes) this.#seenBytes = bytes
  }

  /** Called from time to time: what is not seen after a while does not arrive any more. */
  check(nowMs: number): void {
    if (this.#seenBytes === this.#sentBytes || this.#seenBytes !== this.#progress) {
      this.#progress = this.#seenBytes
      this.#progressAtMs = nowMs
    } else if (nowMs - this.#progressAtMs >= LOST_MS) {
      this.#seenBytes = this.#sentBytes
    }
  }

  #publish(bytes: Buffer, length: number, publish: PublishLoose): void {
    const head = this.#headBytes
    for (let start = head; start < length; start += BODY_BYTES_MAX) {
      const end = Math.min(length, start + BODY_BYTES_MAX)
      const piece = start === head ? bytes : this.#withHead(bytes, start, end)
      publish(this.#sentBytes, piece, end - start + head, start > head)
      this.#sentBytes += end - start
    }
  }

  #withHead(bytes: Buffer, start: number, end: number): Buffer {
    const piece = Buffer.allocUnsafe(this.#headBytes + end - start)
    bytes.copy(piece, this.#headBytes, start, end)
    return piece
  }
}
