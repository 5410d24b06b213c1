import { byteAt } from './bytes.ts'

/**
 * Whether `bytes[start, end)` is a UTF-8 Encoded String as MQTT wants it: no overlong forms and no surrogates
 * (v5 [MQTT-1.5.4-1]), no U+0000 ([MQTT-1.5.4-2]). What the standard only advises against, control characters and
 * noncharacters, is refused as well, as Mosquitto does.
 */
export function wellFormedUtf8(bytes: Buffer, start: number, end: number): boolean {
  let offset = start
  while (offset < end) {
    const first = byteAt(bytes, offset)
    if (first < 0x80) {
      if (first < 0x20 || first === 0x7f) return false
      offset += 1
      continue
    }
    const size = sequenceSize(first)
    if (size === 0 || offset + size > end) return false
    if (!allowedSequence(bytes, offset, size)) return false
    offset += size
  }
  return true
}

/** The string in `bytes[start, end)`, or undefined where {@link wellFormedUtf8} is false. */
export function decodeUtf8(bytes: Buffer, start: number, end: number): string | undefined {
  return wellFormedUtf8(bytes, start, end) ? bytes.toString('utf8', start, end) : undefined
}

/** Whether `text` may stand in an MQTT packet: {@link wellFormedUtf8} for a string. */
export function wellFormedText(text: string): boolean {
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0
    if (codePoint < 0x20 || codePoint === 0x7f) return false
    if (codePoint >= 0x80 && !allowedCodePoint(codePoint)) return false
  }
  return true
}

/** Bytes of the sequence that starts with `first`; 0 where none may, C0 and C1 included: they are always overlong. */
function sequenceSize(first: number): number {
  if (first < 0xc2) return 0
  if (first < 0xe0) return 2
  if (first < 0xf0) return 3
  return first < 0xf5 ? 4 : 0
}

function allowedSequence(bytes: Buffer, start: number, size: number): boolean {
  let codePoint = byteAt(bytes, start) & (0x7f >> size)
  for (let offset = start + 1; offset < start + size; offset += 1) {
    const next = byteAt(bytes, offset)
    if ((next & 0xc0) !== 0x80) return false
    codePoint = (codePoint << 6) | (next & 0x3f)
  }
  const shortest = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x1_0000
  return codePoint >= shortest && allowedCodePoint(codePoint)
}

/** For code points above U+007F: no C1 control, no surrogate, no noncharacter, nothing beyond Unicode. */
function allowedCodePoint(codePoint: number): boolean {
  if (codePoint < 0xa0 || codePoint > 0x10_ffff) return false
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return false
  if (codePoint >= 0xfdd0 && codePoint <= 0xfdef) return false
  return (codePoint & 0xfffe) !== 0xfffe
}
