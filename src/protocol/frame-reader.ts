import {
  byteAt,
  fourByteIntegerAt,
  twoByteIntegerAt,
  variableByteIntegerAt,
  variableByteIntegerEnd,
  variableByteIntegerSize,
} from './bytes.ts'
import type { ProtocolViolation } from './violation.ts'
import { malformed, protocolError } from './violation.ts'
import { wellFormedUtf8 } from './utf8.ts'

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * Reads the fields of one frame in order and never beyond its end. The first thing that is wrong stays in `violation`;
 * from then on every read gives 0 or nothing, so that a caller may read several fields and ask once.
 */
export class FrameReader {
  bytes: Buffer = NOTHING
  /** The next byte to be read. */
  offset = 0
  end = 0
  violation: ProtocolViolation | undefined = undefined
  /** Where the last string or binary value lies. */
  valueStart = 0
  valueEnd = 0

  /** Starts with `bytes[start, end)`. */
  open(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes
    this.offset = start
    this.end = end
    this.violation = undefined
    this.valueStart = start
    this.valueEnd = start
    return this
  }

  /** Whether something is left to be read and nothing was wrong so far. */
  get more(): boolean {
    return this.violation === undefined && this.offset < this.end
  }

  /** Keeps the first violation. */
  fail(violation: ProtocolViolation): void {
    this.violation ??= violation
  }

  byte(): number {
    return this.#take(1) ? byteAt(this.bytes, this.offset - 1) : 0
  }

  twoByteInteger(): number {
    return this.#take(2) ? twoByteIntegerAt(this.bytes, this.offset - 2) : 0
  }

  fourByteInteger(): number {
    return this.#take(4) ? fourByteIntegerAt(this.bytes, this.offset - 4) : 0
  }

  /** Refuses more bytes than the value needs (v5 [MQTT-1.5.5-1]). */
  variableByteInteger(): number {
    if (this.violation !== undefined) return 0
    const start = this.offset
    const end = variableByteIntegerEnd(this.bytes, start, this.end)
    const value = end > start ? variableByteIntegerAt(this.bytes, start, end) : 0
    if (end !== start + variableByteIntegerSize(value)) this.fail(BAD_VARIABLE_BYTE_INTEGER)
    else this.offset = end
    return value
  }

  /** Binary Data (v5 1.5.6): its place is in `valueStart` and `valueEnd`. */
  binary(): void {
    const size = this.twoByteInteger()
    this.valueStart = this.offset
    if (this.#take(size)) this.valueEnd = this.offset
    else this.valueEnd = this.valueStart
  }

  /** A UTF-8 Encoded String (v5 1.5.4), checked; its place is in `valueStart` and `valueEnd`. */
  string(): void {
    this.binary()
    if (!wellFormedUtf8(this.bytes, this.valueStart, this.valueEnd)) this.fail(BAD_STRING)
  }

  /** A Packet Identifier, which is never 0 (v5 [MQTT-2.2.1-3]). */
  packetIdentifier(): number {
    const packetId = this.twoByteInteger()
    if (packetId === 0) this.fail(PACKET_IDENTIFIER_0)
    return packetId
  }

  /** The frame has to end here. */
  expectEnd(): void {
    if (this.offset !== this.end) this.fail(BYTES_LEFT)
  }

  #take(size: number): boolean {
    if (this.violation !== undefined) return false
    if (this.end - this.offset < size) {
      this.violation = FIELD_BEYOND_END
      return false
    }
    this.offset += size
    return true
  }
}

/** The Packet Identifier is 0. */
export const PACKET_IDENTIFIER_0: ProtocolViolation = protocolError('packet identifier is 0')
const FIELD_BEYOND_END = malformed('a field reaches beyond the end of the packet')
const BYTES_LEFT = malformed('bytes are left behind the last field')
const BAD_STRING = malformed('a string is not well-formed UTF-8')
const BAD_VARIABLE_BYTE_INTEGER = malformed('a variable byte integer is incomplete, too long or overlong')
