import {
  variableByteIntegerSize,
  writeFourByteInteger,
  writeTwoByteInteger,
  writeVariableByteInteger,
} from './bytes.ts'

const STRING_BYTES_MAX = 65_535
const FIRST_BYTES = 256

/** Properties of one outgoing packet (v5 2.2.2), written one after another; undefined values are left out. */
export class PropertyBlock {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0

  /** Bytes of the properties with their Property Length. */
  get size(): number {
    return variableByteIntegerSize(this.#length) + this.#length
  }

  clear(): void {
    this.#length = 0
  }

  /** Becomes the same as `other`. */
  copyOf(other: PropertyBlock): void {
    this.#length = 0
    if (other.#length > this.#bytes.length) this.#grow(other.#length)
    this.#length = other.#bytes.copy(this.#bytes, 0, 0, other.#length)
  }

  flag(identifier: number, value: boolean | undefined): void {
    if (value !== undefined) this.byte(identifier, value ? 1 : 0)
  }

  byte(identifier: number, value: number | undefined): void {
    if (value === undefined) return
    const offset = this.#start(identifier, 1)
    this.#bytes[offset] = value
  }

  twoBytes(identifier: number, value: number | undefined): void {
    if (value !== undefined) writeTwoByteInteger(this.#bytes, this.#start(identifier, 2), value)
  }

  fourBytes(identifier: number, value: number | undefined): void {
    if (value !== undefined) writeFourByteInteger(this.#bytes, this.#start(identifier, 4), value)
  }

  /** A text that no MQTT string can hold is left out. */
  text(identifier: number, value: string | undefined): void {
    if (value !== undefined) this.binary(identifier, Buffer.from(value))
  }

  binary(identifier: number, value: Buffer | undefined): void {
    if (value === undefined || value.length > STRING_BYTES_MAX) return
    const offset = this.#start(identifier, 2 + value.length)
    value.copy(this.#bytes, writeTwoByteInteger(this.#bytes, offset, value.length))
  }

  /** Writes the Property Length and the properties; returns the offset behind them. */
  writeTo(target: Buffer, start: number): number {
    const offset = writeVariableByteInteger(target, start, this.#length)
    return offset + this.#bytes.copy(target, offset, 0, this.#length)
  }

  /** Writes the identifier and returns the offset of the value, for which there is room. */
  #start(identifier: number, valueBytes: number): number {
    const offset = this.#length
    const end = offset + 1 + valueBytes
    if (end > this.#bytes.length) this.#grow(end)
    this.#bytes[offset] = identifier
    this.#length = end
    return offset + 1
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafeSlow(bytes * 2)
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
