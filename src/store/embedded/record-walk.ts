import {
  checksumOf,
  findMark,
  RECORD_BYTES_MAX,
  RECORD_HEAD_BYTES,
  type RecordHead,
  readRecordHead,
} from './segment-format.ts'

/** Something that is read at any offset. */
export interface Readable {
  read(into: Buffer, offset: number): Promise<number>
}

/** A record that is whole. Its bytes are valid until the next one is asked for. */
export interface StoredRecord {
  readonly offset: number
  readonly operationsNow: number
  readonly operations: Buffer
  readonly bodies: Buffer
  /** Where the bodies begin in the segment. */
  readonly bodiesOffset: number
  /** Up to here the segment had reached the disk when the record was written. */
  readonly syncedUpTo: number
}

const WINDOW_BYTES = 1024 * 1024

/** Reads the records of a segment one after the other, up to the first that is not whole. */
export class RecordWalk {
  /** Where the next record begins; at the end, where the first one begins that is not whole. */
  offset: number
  readonly #source: Readable
  readonly #mark: number
  readonly #end: number
  #window: Buffer = Buffer.alloc(0)
  #windowOffset = 0

  /** `mark` is that of the segment. */
  constructor(source: Readable, mark: number, start: number, end: number) {
    this.#source = source
    this.#mark = mark
    this.offset = start
    this.#end = end
  }

  /** Undefined: there is no whole record at the offset. */
  async next(): Promise<StoredRecord | undefined> {
    const { offset } = this
    const head = readRecordHead(await this.#bytesAt(offset, RECORD_HEAD_BYTES), this.#mark)
    if (head === undefined) return undefined
    const length = lengthOf(head)
    if (length > RECORD_BYTES_MAX || offset + length > this.#end) return undefined
    const bytes = await this.#bytesAt(offset, length)
    if (bytes.length < length) return undefined
    const bodiesStart = RECORD_HEAD_BYTES + head.operationsLength
    const operations = bytes.subarray(RECORD_HEAD_BYTES, bodiesStart)
    const bodies = bytes.subarray(bodiesStart, length)
    if (checksumOf(bytes, operations, bodies) !== head.checksum) return undefined
    this.offset = offset + length
    const { operations: operationsNow, syncedUpTo } = head
    return { offset, operationsNow, operations, bodies, bodiesOffset: offset + bodiesStart, syncedUpTo }
  }

  /** Fewer bytes than asked for: the segment ends there. */
  async #bytesAt(offset: number, length: number): Promise<Buffer> {
    const start = offset - this.#windowOffset
    if (start < 0 || start + length > this.#window.length) await this.#readWindow(offset, length)
    const from = offset - this.#windowOffset
    return this.#window.subarray(from, from + length)
  }

  async #readWindow(offset: number, length: number): Promise<void> {
    const wanted = Math.max(0, Math.min(Math.max(length, WINDOW_BYTES), this.#end - offset))
    const window = Buffer.allocUnsafe(wanted)
    const read = await this.#source.read(window, offset)
    this.#window = window.subarray(0, read)
    this.#windowOffset = offset
  }
}

/**
 * Whether what is not whole at `offset` once was: a record behind it says that the disk had it. Otherwise it is the
 * end of what a power cut or a crash left of the last writes, which nobody was told of.
 */
export async function onceWasWhole(source: Readable, mark: number, offset: number, end: number): Promise<boolean> {
  for (let at = offset; at < end; ) {
    const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, end - at))
    const bytes = window.subarray(0, await source.read(window, at))
    for (let found = findMark(bytes, 0, mark); found !== -1; found = findMark(bytes, found + 1, mark)) {
      const record = await new RecordWalk(source, mark, at + found, end).next()
      if (record !== undefined && record.syncedUpTo > offset) return true
    }
    if (bytes.length < WINDOW_BYTES) return false
    // A mark may lie across two windows.
    at += bytes.length - (RECORD_HEAD_BYTES - 1)
  }
  return false
}

function lengthOf(head: RecordHead): number {
  return RECORD_HEAD_BYTES + head.operationsLength + head.bodiesLength
}
