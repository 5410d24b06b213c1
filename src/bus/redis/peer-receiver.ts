import { RecordReader, type ReceiveRecord } from '../../core/record-reader.ts'

/** Loose bytes that are seen before the peer hears of it, where nothing else is said to it. */
const LOOSE_ANSWER_BYTES = 256 * 1024
/** How long a gap may stay open before it is reported again. */
const GAP_AGAIN_MS = 500

/** What one peer has sent: puts both of its streams together again, without gaps and without anything twice. */
export class PeerReceiver {
  /** The last reliable batch that has arrived with all before it. */
  reliableSeen = 0
  /** Loose bytes that have arrived or are lost. */
  looseSeen = 0
  /** The peer waits to hear what has arrived. */
  answerDue = false
  /** The peer must hear that something is missing. */
  gapDue = false
  readonly #reliable: RecordReader
  readonly #frameBytesMax: number
  readonly #receive: ReceiveRecord
  #loose: RecordReader
  /** The beginning of the frame that is under way was lost. */
  #looseBroken = false
  #looseAnswered = 0
  /** The batch that the open gap was reported behind. */
  #gapAfter = -1
  #gapAtMs = 0

  /** `receive` gets each frame's bytes, valid during the call only. */
  constructor(frameBytesMax: number, receive: ReceiveRecord) {
    this.#frameBytesMax = frameBytesMax
    this.#receive = receive
    this.#reliable = new RecordReader(frameBytesMax, receive)
    this.#loose = new RecordReader(frameBytesMax, receive)
  }

  /** Takes the next reliable batch; drops one that is here already or comes too early. */
  reliable(number: number, body: Buffer): void {
    this.answerDue = true
    if (number > this.reliableSeen + 1) return this.#gap()
    if (number <= this.reliableSeen) return
    this.reliableSeen = number
    this.#reliable.push(body)
  }

  /** Takes a loose batch that was sent after `position` bytes; `rest` is of use behind its beginning only. */
  loose(position: number, body: Buffer, rest: boolean): void {
    const follows = position === this.looseSeen
    this.looseSeen = position + body.length
    if (this.looseSeen - this.#looseAnswered >= LOOSE_ANSWER_BYTES) this.answerDue = true
    if (rest && (!follows || this.#looseBroken)) {
      this.#looseBroken = true
      return
    }
    // What an earlier batch has begun is never completed.
    if (!follows || this.#looseBroken) this.#loose = new RecordReader(this.#frameBytesMax, this.#receive)
    this.#looseBroken = false
    this.#loose.push(body)
  }

  /** The way was away: what the peer has sent meanwhile is missing, if it has sent anything. */
  mayHaveMissed(): void {
    this.gapDue = true
  }

  /** The peer is told now. */
  answered(): void {
    this.answerDue = false
    this.gapDue = false
    this.#looseAnswered = this.looseSeen
  }

  /** Called from time to time: a gap that stays open is reported again. */
  check(nowMs: number): void {
    if (this.#gapAfter !== this.reliableSeen) this.#gapAtMs = nowMs
    else if (nowMs - this.#gapAtMs >= GAP_AGAIN_MS) this.#gapAfter = -1
  }

  /** The link is over: what is being read is not handed over any more. */
  stop(): void {
    this.#reliable.stop()
    this.#loose.stop()
  }

  #gap(): void {
    if (this.#gapAfter === this.reliableSeen) return
    this.#gapAfter = this.reliableSeen
    this.gapDue = true
  }
}
