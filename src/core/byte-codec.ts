import { BrokerError } from './errors.ts'
import type { KnownStrings } from './known-strings.ts'

const SCRATCH_BYTES = 16 * 1024
/** A scratch buffer that grew past this is let go at the next start, so that one huge value does not stay for ever. */
const SCRATCH_KEPT_BYTES = 1024 * 1024
/** Up to this length a loop over the characters beats the call into the runtime. */
const SHORT_STRING_LENGTH = 48
const EMPTY: Buffer = Buffer.alloc(0)

/** Bytes that `value` takes as a varuint: seven bits each, lowest first, up to 2^53 - 1. */
export function varuintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}

/** Bytes that a string of `utf8Bytes` bytes, or as many bytes, take with their length before them. */
export function prefixedSize(utf8Bytes: number): number {
  return varuintSize(utf8Bytes) + utf8Bytes
}

/** Bytes of `value` in UTF-8. */
export function utf8Size(value: string): number {
  const { length } = value
  if (length > SHORT_STRING_LENGTH) return Buffer.byteLength(value)
  for (let index = 0; index < length; index++) if (value.charCodeAt(index) >= 0x80) return Buffer.byteLength(value)
  return length
}

/** Writes values one after the other, into memory of its own that grows or into a place it is pointed at. */
export class ByteWriter {
  buffer: Buffer = EMPTY
  /** Where the next value goes; after the last one, the end of what was written. */
  offset = 0
  #scratch: Buffer = EMPTY

  /** Starts in memory of its own, which is used again by the next `start`: copy what must last. */
  start(): this {
    if (this.#scratch.length === 0 || this.#scratch.length > SCRATCH_KEPT_BYTES) {
      this.#scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    }
    return this.into(this.#scratch, 0)
  }

  /** Starts at `offset` of `buffer`, where the caller has made room for all that it writes. */
  into(buffer: Buffer, offset: number): this {
    this.buffer = buffer
    this.offset = offset
    return this
  }

  u8(value: number): void {
    const offset = this.#room(1)
    this.buffer[offset] = value
  }

  u32(value: number): void {
    const offset = this.#room(4)
    this.buffer.writeUInt32BE(value, offset)
  }

  /** A number as it is, so that points in time may be `Infinity`. */
  f64(value: number): void {
    const offset = this.#room(8)
    this.buffer.writeDoubleBE(value, offset)
  }

  boolean(value: boolean): void {
    this.u8(value ? 1 : 0)
  }

  /** A whole number from 0 to 2^53 - 1; small ones take one byte. */
  varuint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not a whole number from 0 on`)
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  string(value: string): void {
    if (value.length <= SHORT_STRING_LENGTH && this.#shortAscii(value)) return
    const size = Buffer.byteLength(value)
    this.varuint(size)
    const offset = this.#room(size)
    this.buffer.write(value, offset, size, 'utf8')
  }

  bytes(value: Buffer, start = 0, end: number = value.length): void {
    const size = end - start
    this.varuint(size)
    const offset = this.#room(size)
    value.copy(this.buffer, offset, start, end)
  }

  /** The same bytes as `bytes`; for names, which are short, a loop beats the call into the runtime. */
  shortBytes(value: Buffer): void {
    const { length } = value
    if (length > SHORT_STRING_LENGTH) return this.bytes(value)
    const offset = this.#room(length + 1)
    const { buffer } = this
    buffer[offset] = length
    for (let i = 0; i < length; i++) buffer[offset + 1 + i] = value[i] ?? 0
  }

  /** `value[start, end)` as it is, without its length. */
  raw(value: Buffer, start: number, end: number): void {
    const offset = this.#room(end - start)
    value.copy(this.buffer, offset, start, end)
  }

  /** The length, then each of `values` as `write` writes it. */
  list<T>(values: readonly T[], write: (writer: ByteWriter, value: T) => void): void {
    this.varuint(values.length)
    for (const value of values) write(this, value)
  }

  #shortAscii(value: string): boolean {
    const { length } = value
    const offset = this.#room(length + 1)
    const { buffer } = this
    buffer[offset] = length
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) {
        this.offset = offset
        return false
      }
      buffer[offset + 1 + i] = code
    }
    return true
  }

  #room(size: number): number {
    const { offset } = this
    const end = offset + size
    if (end > this.buffer.length) this.#grow(end)
    this.offset = end
    return offset
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.offset)
    this.buffer = grown
    this.#scratch = grown
  }
}

/** Reads what a {@link ByteWriter} wrote; whatever does not fit the bytes is a `BUS_PROTOCOL` error. */
export class ByteReader {
  buffer: Buffer = EMPTY
  /** Of what is read next. */
  offset = 0
  #end = 0

  /** Starts at `buffer[start, end)`. */
  over(buffer: Buffer, start: number, end: number): this {
    this.buffer = buffer
    this.offset = start
    this.#end = end
    return this
  }

  u8(): number {
    const offset = this.#take(1)
    return this.buffer[offset] ?? 0
  }

  u32(): number {
    const offset = this.#take(4)
    return this.buffer.readUInt32BE(offset)
  }

  f64(): number {
    const offset = this.#take(8)
    return this.buffer.readDoubleBE(offset)
  }

  boolean(): boolean {
    const value = this.u8()
    if (value > 1) throw malformed('a truth value is neither 0 nor 1')
    return value === 1
  }

  varuint(): number {
    let value = 0
    let unit = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * unit
      if (!Number.isSafeInteger(value)) throw malformed('a number is too large')
      if (byte < 0x80) return value
      if (unit >= 2 ** 49) throw malformed('a number is too long')
      unit *= 0x80
    }
  }

  /** `known` saves decoding it where the same strings come again and again. */
  string(known?: KnownStrings): string {
    const offset = this.skipBytes()
    if (known !== undefined) return known.decode(this.buffer, offset, this.offset)
    return this.buffer.toString('utf8', offset, this.offset)
  }

  /** A copy that the caller owns. */
  bytes(): Buffer {
    const offset = this.skipBytes()
    if (offset === this.offset) return EMPTY
    const copy = Buffer.allocUnsafe(this.offset - offset)
    this.buffer.copy(copy, 0, offset, this.offset)
    return copy
  }

  /** Goes past bytes and returns where they start in `buffer`; they end at `offset`. */
  skipBytes(): number {
    return this.#take(this.varuint())
  }

  list<T>(read: (reader: ByteReader) => T): T[] {
    const length = this.varuint()
    // Every value takes a byte at least: a wrong length is seen before memory is taken for it.
    if (length > this.#end - this.offset) throw malformed('a list is longer than its bytes')
    const values: T[] = []
    for (let i = 0; i < length; i++) values.push(read(this))
    return values
  }

  /** Nothing may be left over. */
  finish(): void {
    if (this.offset !== this.#end) throw malformed(`${this.#end - this.offset} bytes are left over`)
  }

  #take(size: number): number {
    const offset = this.offset
    const end = offset + size
    if (end > this.#end) throw malformed('a value ends after its bytes')
    this.offset = end
    return offset
  }
}

/** The error for bytes that no part of this broker would have written. */
export function malformed(what: string): BrokerError {
  return new BrokerError('BUS_PROTOCOL', `malformed bytes between processes: ${what}`)
}
