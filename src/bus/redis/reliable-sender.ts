import type { BrokerError } from '../../core/errors.ts'
import { OutBuffer, type OutBufferOwner } from '../../protocol/out-buffer.ts'
import type { SlabPool } from '../../protocol/slab-pool.ts'
import { KeptBatches } from './kept-batches.ts'
import { TakenMarks } from './taken-marks.ts'

/** The longest body of a batch: Redis cuts off a subscriber for which too much waits, so one must not do it alone. */
export const BODY_BYTES_MAX: number = 1024 * 1024
/** Bytes on their way to one peer, unless one batch is more; the rest waits here and not in Redis. */
const WINDOW_BYTES = 4 * 1024 * 1024
/** How long nothing may be acknowledged before everything is sent again. */
const RESEND_MS = 1000

/** Publishes a batch: fills in its head and hands `bytes[0, length)` on. */
export type PublishBatch = (number: number, bytes: Buffer, length: number) => void

/**
 * The stream of frames to one peer that must arrive: cut into numbered batches, each kept until the peer has acknowledged
 * it, and sent again from the oldest on when something was lost.
 */
export class ReliableSender implements OutBufferOwner {
  /** Whole frames put here leave with the tick. */
  readonly out: OutBuffer
  readonly #slabs: SlabPool
  readonly #headBytes: number
  readonly #gathering: () => void
  readonly #kept: KeptBatches
  readonly #marks = new TakenMarks()
  /** The next batch to be sent; those before it are on their way. */
  #next = 1
  #inFlightBytes = 0
  /** What was acknowledged when the time was looked at last, and when that was. */
  #progress = 0
  #progressAtMs = 0

  /** `gathering` is called when something waits to be sent. */
  constructor(slabs: SlabPool, headBytes: number, gathering: () => void) {
    this.#slabs = slabs
    this.#headBytes = headBytes
    this.#gathering = gathering
    this.#kept = new KeptBatches(slabs)
    this.out = new OutBuffer(this, slabs, headBytes)
  }

  /** Memory that is held until the peer acknowledges. */
  get waitingBytes(): number {
    return this.#kept.bytes + this.out.length
  }

  /** Resolves when the peer has acknowledged what was put here so far, or is gone; rejects when the link breaks before. */
  taken(): Promise<void> {
    if (this.out.length > 0) return this.#marks.whenGathered()
    const { last, dropped } = this.#kept
    return last === dropped ? TakenMarks.none : this.#marks.at(last)
  }

  gathering(): void {
    this.#gathering()
  }

  send(slab: Buffer, length: number): void {
    const head = this.#headBytes
    if (length <= head + BODY_BYTES_MAX) this.#kept.push(slab, length)
    else this.#pushPieces(slab.subarray(head, length))
    this.#marks.gathered(this.#kept.last)
  }

  /** Publishes what may be on its way now. */
  pump(publish: PublishBatch): void {
    this.out.flush()
    for (let batch = this.#kept.get(this.#next); batch !== undefined; batch = this.#kept.get(this.#next)) {
      if (this.#inFlightBytes > 0 && this.#inFlightBytes + batch.length > WINDOW_BYTES) return
      publish(this.#next, batch.bytes, batch.length)
      this.#inFlightBytes += batch.length
      this.#next++
    }
  }

  /** The peer has everything up to batch `number`. True: there may be room to send more. */
  acknowledged(number: number): boolean {
    const kept = this.#kept
    if (number <= kept.dropped || number > kept.last) return false
    while (kept.dropped < number) {
      const onItsWay = kept.dropped + 1 < this.#next
      const length = kept.shift()
      if (onItsWay) this.#inFlightBytes -= length
    }
    // What was about to be sent again has arrived after all.
    if (this.#next <= number) this.#next = number + 1
    this.#marks.acknowledged(number)
    return this.#next <= kept.last
  }

  /** What was on its way may be lost: everything that was not acknowledged is sent again. */
  rewind(): void {
    this.#inFlightBytes = 0
    this.#next = this.#kept.dropped + 1
    if (this.#next <= this.#kept.last) this.#gathering()
  }

  /** Called from time to time: sends again what nobody has acknowledged for too long. */
  check(nowMs: number): void {
    const { dropped } = this.#kept
    if (this.#inFlightBytes === 0 || dropped !== this.#progress) {
      this.#progress = dropped
      this.#progressAtMs = nowMs
    } else if (nowMs - this.#progressAtMs >= RESEND_MS) {
      this.#progressAtMs = nowMs
      this.rewind()
    }
  }

  /** The peer is gone: nobody waits for it. */
  giveUp(): void {
    this.#marks.giveUp()
  }

  /** The link is broken and its peer lives: whoever waits learns that nobody may count on what was not acknowledged. */
  refuse(why: BrokerError): void {
    this.#marks.refuse(why)
  }

  /** Nothing is kept any more. */
  close(): void {
    while (this.#kept.bytes > 0) this.#kept.shift()
  }

  #pushPieces(body: Buffer): void {
    const head = this.#headBytes
    for (let start = 0; start < body.length; start += BODY_BYTES_MAX) {
      const piece = body.subarray(start, start + BODY_BYTES_MAX)
      const bytes = this.#slabs.take(head + piece.length)
      piece.copy(bytes, head)
      this.#kept.push(bytes, head + piece.length)
    }
  }
}
