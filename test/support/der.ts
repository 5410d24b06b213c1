/** Writes ASN.1 in DER, as far as certificates need it. */
export const der = {
  sequence: (...parts: readonly Buffer[]): Buffer => element(0x30, Buffer.concat(parts)),
  set: (...parts: readonly Buffer[]): Buffer => element(0x31, Buffer.concat(parts)),
  /** `[number]`, constructed around a whole element. */
  explicit: (number: number, part: Buffer): Buffer => element(0xa0 | number, part),
  /** `[number]`, in place of the tag that the element would have. */
  implicit: (number: number, content: Buffer): Buffer => element(0x80 | number, content),
  boolean: (value: boolean): Buffer => element(0x01, Buffer.from([value ? 0xff : 0])),
  /** From big-endian bytes that are positive as they stand. */
  integer: (bytes: Buffer): Buffer => element(0x02, bytes),
  bitString: (bytes: Buffer, unusedBits = 0): Buffer =>
    element(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes])),
  octetString: (bytes: Buffer): Buffer => element(0x04, bytes),
  utf8String: (text: string): Buffer => element(0x0c, Buffer.from(text)),
  /** Years from 1950 to 2049. */
  utcTime: (date: Date): Buffer =>
    element(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`)),
  objectIdentifier,
}

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** Seven bits a byte, the highest bit set on all but the last. */
function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
