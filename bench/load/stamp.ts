/**
 * The first 16 bytes of every payload: publisher (4), sequence number (4), send time in microseconds (8), least
 * significant byte first. Written and read byte by byte, which costs less than a view per read buffer.
 */
export const STAMP_BYTES = 16

const SEQUENCE = 4
const TIME_LOW = 8
const TIME_HIGH = 12
const TWO_TO_32 = 2 ** 32

/** Writes who sends; done once per packet of a block. */
export function stampPublisher(bytes: Uint8Array, at: number, publisher: number): void {
  writeUint32(bytes, at, publisher)
}

/** Writes what changes with each message. */
export function stampMessage(bytes: Uint8Array, at: number, sequence: number, timeMicroseconds: number): void {
  writeUint32(bytes, at + SEQUENCE, sequence)
  writeUint32(bytes, at + TIME_LOW, timeMicroseconds >>> 0)
  writeUint32(bytes, at + TIME_HIGH, (timeMicroseconds / TWO_TO_32) >>> 0)
}

export function stampedPublisher(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at)
}

export function stampedSequence(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + SEQUENCE)
}

export function stampedTime(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + TIME_HIGH) * TWO_TO_32 + readUint32(bytes, at + TIME_LOW)
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value
  bytes[at + 1] = value >>> 8
  bytes[at + 2] = value >>> 16
  bytes[at + 3] = value >>> 24
}

function readUint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
  return (low | (high << 16)) >>> 0
}
