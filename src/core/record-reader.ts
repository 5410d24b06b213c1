import { BrokerError } from './errors.ts'

const LENGTH_BYTES = 4
const FIRST_ROOM_BYTES = 4096

/** Called for each complete record; `bytes[start, end)` is its content, valid during the call only. */
export type ReceiveRecord = (bytes: Buffer, start: number, end: number) => void

/**
 * Cuts a stream into its records (a u32 length, then as many bytes), however the stream was chopped. Complete records
 * are handed over where they lie; an incomplete one is gathered in memory that doubles, so the work is linear.
 */
export class RecordReader {
  /** Longest record accepted; the first one past it is a `BUS_PROTOCOL` error. */
  bytesMax: number
  readonly #receive: ReceiveRecord
  /** Start of a record, with its length, that is not complete yet. */
  #partial: Buffer = Buffer.alloc(0)
  #partialLength = 0
  #stopped = false

  constructor(bytesMax: number, receive: ReceiveRecord) {
    this.bytesMax = bytesMax
    this.#receive = receive
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Buffer): void {
    let offset = 0
    if (this.#partialLength > 0) offset = this.#complete(chunk)
    while (!this.#stopped && chunk.length - offset >= LENGTH_BYTES) {
      const end = offset + LENGTH_BYTES + this.#lengthAt(chunk, offset)
      if (end > chunk.length) break
      this.#receive(chunk, offset + LENGTH_BYTES, end)
      offset = end
    }
    if (!this.#stopped && offset < chunk.length) this.#keep(chunk, offset, chunk.length)
  }

  /** Nothing more is handed over, not even from the bytes that are being worked on. */
  stop(): void {
    this.#stopped = true
    this.#partial = Buffer.alloc(0)
    this.#partialLength = 0
  }

  /** Fills up the record that was incomplete and returns how much of the chunk that took. */
  #complete(chunk: Buffer): number {
    let offset = 0
    if (this.#partialLength < LENGTH_BYTES) {
      offset = Math.min(LENGTH_BYTES - this.#partialLength, chunk.length)
      this.#keep(chunk, 0, offset)
      if (this.#partialLength < LENGTH_BYTES) return offset
    }
    const recordEnd = LENGTH_BYTES + this.#lengthAt(this.#partial, 0)
    const end = Math.min(chunk.length, offset + recordEnd - this.#partialLength)
    this.#keep(chunk, offset, end)
    if (this.#partialLength < recordEnd) return end
    const record = this.#partial
    this.#partialLength = 0
    if (record.length > FIRST_ROOM_BYTES) this.#partial = Buffer.alloc(0)
    this.#receive(record, LENGTH_BYTES, recordEnd)
    return end
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = this.#partialLength + end - start
    if (length > this.#partial.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(FIRST_ROOM_BYTES, length, this.#partial.length * 2))
      this.#partial.copy(room, 0, 0, this.#partialLength)
      this.#partial = room
    }
    chunk.copy(this.#partial, this.#partialLength, start, end)
    this.#partialLength = length
  }

  #lengthAt(bytes: Buffer, offset: number): number {
    const length = bytes.readUInt32BE(offset)
    if (length <= this.bytesMax) return length
    throw new BrokerError('BUS_PROTOCOL', `a record of ${length} bytes is longer than the ${this.bytesMax} allowed`)
  }
}
