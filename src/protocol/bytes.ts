/** Largest value of a Variable Byte Integer (v5 1.5.5). */
export const VARIABLE_BYTE_INTEGER_MAX = 268_435_455

/** A Variable Byte Integer has at most this many bytes. */
const VARIABLE_BYTE_INTEGER_BYTES_MAX = 4

/** The byte at `index`. The caller has checked the bounds; outside of them it is 0. */
export function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0
}

/** The Two Byte Integer at `index` (v5 1.5.2). */
export function twoByteIntegerAt(bytes: Uint8Array, index: number): number {
  return (byteAt(bytes, index) << 8) | byteAt(bytes, index + 1)
}

/** The Four Byte Integer at `index` (v5 1.5.3). */
export function fourByteIntegerAt(bytes: Uint8Array, index: number): number {
  return twoByteIntegerAt(bytes, index) * 0x1_0000 + twoByteIntegerAt(bytes, index + 2)
}

/** Whether `bytes[start, end)` are those of `known`. The runtime's comparison has a cost that these short ones do not repay. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known
  if (end - start !== length) return false
  for (let index = 0; index < length; index++) if (known[index] !== bytes[start + index]) return false
  return true
}

/** Writes a Two Byte Integer and returns the offset behind it. */
export function writeTwoByteInteger(bytes: Uint8Array, offset: number, value: number): number {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value & 0xff
  return offset + 2
}

/** Writes a Four Byte Integer and returns the offset behind it. */
export function writeFourByteInteger(bytes: Uint8Array, offset: number, value: number): number {
  writeTwoByteInteger(bytes, offset, value >>> 16)
  return writeTwoByteInteger(bytes, offset + 2, value & 0xffff)
}

/** Answer of {@link variableByteIntegerEnd}: its last byte is not within the bytes given. */
export const INCOMPLETE = -1

/** Answer of {@link variableByteIntegerEnd}: it would have more than four bytes. */
export const TOO_LONG = -2

/** The offset behind the Variable Byte Integer at `start`, or {@link INCOMPLETE} or {@link TOO_LONG}. */
export function variableByteIntegerEnd(bytes: Uint8Array, start: number, end: number): number {
  const last = start + VARIABLE_BYTE_INTEGER_BYTES_MAX
  for (let offset = start; offset < last; offset += 1) {
    if (offset >= end) return INCOMPLETE
    if (byteAt(bytes, offset) < 0x80) return offset + 1
  }
  return TOO_LONG
}

/** The value of the Variable Byte Integer that fills `bytes[start, end)`. */
export function variableByteIntegerAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let offset = end - 1; offset >= start; offset -= 1) value = (value << 7) | (byteAt(bytes, offset) & 0x7f)
  return value
}

/** How many bytes `value` has as a Variable Byte Integer. */
export function variableByteIntegerSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  return value < 0x20_0000 ? 3 : 4
}

/** Writes `value` in as few bytes as possible (v5 [MQTT-1.5.5-1]) and returns the offset behind it. */
export function writeVariableByteInteger(bytes: Uint8Array, start: number, value: number): number {
  let offset = start
  let rest = value
  while (rest >= 0x80) {
    bytes[offset] = (rest & 0x7f) | 0x80
    rest >>>= 7
    offset += 1
  }
  bytes[offset] = rest
  return offset + 1
}
