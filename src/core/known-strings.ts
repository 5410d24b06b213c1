import { sameBytes } from '../protocol/bytes.ts'

/** A power of two. */
const SLOTS = 1024
/** Longer ones are decoded each time, so that what is remembered stays below 128 KiB. */
const REMEMBERED_BYTES_MAX = 128

interface Known {
  readonly bytes: Uint8Array
  readonly text: string
}

/**
 * Decodes UTF-8 strings of which the same few come again and again: Topic Names and Client Identifiers between workers.
 * One seen lately is found by its bytes, which costs half of decoding it, and as the same string object as before,
 * whose hash a Map knows already. Two that meet in a slot displace each other.
 */
export class KnownStrings {
  readonly #slots: (Known | undefined)[] = Array.from({ length: SLOTS })

  /** The string in `bytes[start, end)`. */
  decode(bytes: Buffer, start: number, end: number): string {
    if (end - start > REMEMBERED_BYTES_MAX) return bytes.toString('utf8', start, end)
    const slot = hash(bytes, start, end) & (SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && sameBytes(known.bytes, bytes, start, end)) return known.text
    const text = bytes.toString('utf8', start, end)
    this.#slots[slot] = { bytes: new Uint8Array(bytes.subarray(start, end)), text }
    return text
  }
}

/** FNV-1a with the upper bits mixed into the lower ones. */
function hash(bytes: Buffer, start: number, end: number): number {
  let value = 0x811c_9dc5
  for (let offset = start; offset < end; offset++) value = Math.imul(value ^ (bytes[offset] ?? 0), 0x0100_0193)
  return value ^ (value >>> 15)
}
