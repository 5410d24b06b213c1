/** Builds packets byte by byte, so that wrong ones can be built too. */

/** One or more bytes, given as numbers. */
export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values)
}

/** Two Byte Integer. */
export function u16(value: number): Buffer {
  return u8(value >>> 8, value & 0xff)
}

/** Four Byte Integer. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** Variable Byte Integer in as few bytes as possible. */
export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  do {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest)
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.from(bytes)
}

/** UTF-8 Encoded String, or Binary Data when given bytes. */
export function str(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([u16(bytes.length), bytes])
}

/** Property Length and the properties behind it. */
export function properties(...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([varint(content.length), content])
}

/** One property: its identifier and its value. */
export function property(identifier: number, value: Buffer): Buffer {
  return Buffer.concat([u8(identifier), value])
}

/** A User Property. */
export function userProperty(name: string, value: string): Buffer {
  return property(0x26, Buffer.concat([str(name), str(value)]))
}

/** A packet with the right Remaining Length. */
export function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([u8(first), varint(body.length), body])
}

/** Bytes from hexadecimal digits; blanks are for the reader. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(' ', ''), 'hex')
}
