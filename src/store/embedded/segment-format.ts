import { crc32 } from 'node:zlib'

/**
 * How a segment of the journal lies on disk, in big endian: a head (magic, format version, number, where its
 * predecessor ends, mark, checksum), then records, one for each commit. A record has a head (the mark of the segment,
 * number of operations, lengths, how much before it was synced, checksum), the operations, and the bodies of their
 * messages one after the other. The mark is random, so that no client can send a message that looks like a record.
 */
export const FORMAT_VERSION = 1
export const SEGMENT_HEAD_BYTES = 36
export const RECORD_HEAD_BYTES = 24

const MAGIC = Buffer.from('guardbee')
const MARK_BYTES = 4
const MARK_OFFSET = 28
const NAME = /^segment-(\d{12})\.journal$/
const HEAD_CHECKED_BYTES = 32
const RECORD_HEAD_CHECKED_BYTES = 20

/** Longest record: more than the largest MQTT packet for each of a few publishers, far less than a segment may grow to. */
export const RECORD_BYTES_MAX: number = 1024 * 1024 * 1024

/** What the head of a segment says. */
export interface SegmentHead {
  readonly number: number
  /** Where the segment before this one ends; what lies behind that in it was never acknowledged. */
  readonly previousLength: number
  /** Begins each of its records. */
  readonly mark: number
}

/** What the head of a record says. */
export interface RecordHead {
  readonly operations: number
  readonly operationsLength: number
  readonly bodiesLength: number
  /** Up to here the segment had reached the disk when the record was written. */
  readonly syncedUpTo: number
  readonly checksum: number
}

export function segmentName(number: number): string {
  return `segment-${String(number).padStart(12, '0')}.journal`
}

/** The number of the segment that has this name; undefined: it is some other file. */
export function segmentNumberOf(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function writeSegmentHead({ number, previousLength, mark }: SegmentHead): Buffer {
  const head = Buffer.alloc(SEGMENT_HEAD_BYTES)
  MAGIC.copy(head)
  head.writeUInt32BE(FORMAT_VERSION, 8)
  head.writeDoubleBE(number, 12)
  head.writeDoubleBE(previousLength, 20)
  head.writeUInt32BE(mark, MARK_OFFSET)
  head.writeUInt32BE(crc32(head.subarray(0, HEAD_CHECKED_BYTES)), HEAD_CHECKED_BYTES)
  return head
}

/** The head of a segment; 'foreign': the file is none of ours; a number: a format version that is not understood. */
export function readSegmentHead(head: Buffer): SegmentHead | 'damaged' | 'foreign' | number {
  if (head.length < SEGMENT_HEAD_BYTES) return 'damaged'
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return 'foreign'
  const version = head.readUInt32BE(8)
  // Another version may well have its checksum elsewhere.
  if (version !== FORMAT_VERSION) return version
  const checksum = head.readUInt32BE(HEAD_CHECKED_BYTES)
  if (crc32(head.subarray(0, HEAD_CHECKED_BYTES)) !== checksum) return 'damaged'
  const mark = head.readUInt32BE(MARK_OFFSET)
  return { number: head.readDoubleBE(12), previousLength: head.readDoubleBE(20), mark }
}

/** Writes the head of a record into `head`. */
export function writeRecordHead(
  head: Buffer,
  fields: { readonly mark: number; readonly operations: number; readonly syncedUpTo: number },
  operations: Buffer,
  bodies: Buffer,
): void {
  head.writeUInt32BE(fields.mark, 0)
  head.writeUInt32BE(fields.operations, 4)
  head.writeUInt32BE(operations.length, 8)
  head.writeUInt32BE(bodies.length, 12)
  head.writeUInt32BE(fields.syncedUpTo, 16)
  head.writeUInt32BE(checksumOf(head, operations, bodies), RECORD_HEAD_CHECKED_BYTES)
}

/** The head of a record at the start of `bytes`; undefined: there is none. */
export function readRecordHead(bytes: Buffer, mark: number): RecordHead | undefined {
  if (bytes.length < RECORD_HEAD_BYTES || bytes.readUInt32BE(0) !== mark) return undefined
  return {
    operations: bytes.readUInt32BE(4),
    operationsLength: bytes.readUInt32BE(8),
    bodiesLength: bytes.readUInt32BE(12),
    syncedUpTo: bytes.readUInt32BE(16),
    checksum: bytes.readUInt32BE(RECORD_HEAD_CHECKED_BYTES),
  }
}

/** The checksum of a record, over everything but itself. */
export function checksumOf(head: Buffer, operations: Buffer, bodies: Buffer): number {
  const ofHead = crc32(head.subarray(0, RECORD_HEAD_CHECKED_BYTES))
  return crc32(bodies, crc32(operations, ofHead))
}

/** Where the next record may begin in `bytes`, from `start` on; -1: nowhere. */
export function findMark(bytes: Buffer, start: number, mark: number): number {
  const wanted = Buffer.alloc(MARK_BYTES)
  wanted.writeUInt32BE(mark)
  return bytes.indexOf(wanted, start)
}

/** The marks that the records of a segment may have whose head, the start of `bytes`, is damaged: from there, and from the first record. */
export function possibleMarks(bytes: Buffer): readonly number[] {
  return [MARK_OFFSET, SEGMENT_HEAD_BYTES]
    .filter(offset => bytes.length >= offset + MARK_BYTES)
    .map(offset => bytes.readUInt32BE(offset))
}
