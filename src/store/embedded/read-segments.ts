import path from 'node:path'
import { ByteReader } from '../../core/byte-codec.ts'
import { BrokerError } from '../../core/errors.ts'
import type { DataFile, DataFolder } from './data-folder.ts'
import { readOperations } from './operations.ts'
import { onceWasWhole, type Readable, RecordWalk, type StoredRecord } from './record-walk.ts'
import type { RecoveredState } from './recovered-state.ts'
import {
  FORMAT_VERSION,
  possibleMarks,
  readSegmentHead,
  SEGMENT_HEAD_BYTES,
  type SegmentHead,
  segmentName,
  segmentNumberOf,
} from './segment-format.ts'
import { Segment } from './segment.ts'

/** The head of a segment, and the mark of its first record. */
const FIRST_BYTES = SEGMENT_HEAD_BYTES + 4

/** What was found of the journal. */
export interface FoundSegments {
  /** Oldest first. */
  readonly segments: readonly Segment[]
  /** Name of a segment in which nothing ever counted: the process ended while it began it. */
  readonly unbegun: string | undefined
  /** Bytes at the end of the newest segment that were not whole; nobody was told that they are safe. */
  readonly tornBytes: number
}

interface OpenSegment {
  readonly name: string
  readonly file: DataFile
  readonly head: SegmentHead
}

/**
 * Reads the whole journal into `state`. Where the last writes did not reach the disk it ends before them; damage to
 * anything else is a `STORE_DAMAGED` error with the name of the file.
 */
export async function readSegments(folder: DataFolder, state: RecoveredState): Promise<FoundSegments> {
  const { opened, unbegun } = await openSegments(folder)
  try {
    const segments: Segment[] = []
    let tornBytes = 0
    for (const [index, segment] of opened.entries()) {
      const next = opened[index + 1]
      const end = await readSegment(folder, segment, next?.head.previousLength, state)
      segments.push(end)
      if (next === undefined) tornBytes = segment.file.length - end.length
    }
    state.finish()
    return { segments, unbegun, tornBytes }
  } catch (error) {
    await Promise.allSettled(opened.map(({ file }) => file.close()))
    throw error
  }
}

async function openSegments(
  folder: DataFolder,
): Promise<{ readonly opened: readonly OpenSegment[]; readonly unbegun: string | undefined }> {
  const numbers = (await folder.list()).flatMap(name => segmentNumberOf(name) ?? []).sort((one, other) => one - other)
  const opened: OpenSegment[] = []
  try {
    for (const [index, number] of numbers.entries()) {
      const missing = (numbers[index - 1] ?? number - 1) + 1
      if (missing !== number) throw damaged(folder, segmentName(missing), 'it is missing')
      const segment = await openSegment(folder, number, index === numbers.length - 1)
      if (segment === undefined) return { opened, unbegun: segmentName(number) }
      opened.push(segment)
    }
    return { opened, unbegun: undefined }
  } catch (error) {
    await Promise.allSettled(opened.map(({ file }) => file.close()))
    throw error
  }
}

/** Undefined: the process ended while it began this one, the last. */
async function openSegment(folder: DataFolder, number: number, last: boolean): Promise<OpenSegment | undefined> {
  const name = segmentName(number)
  const file = await folder.open(name)
  try {
    const bytes = Buffer.alloc(FIRST_BYTES)
    const first = bytes.subarray(0, await file.read(bytes, 0))
    const head = readSegmentHead(first.subarray(0, SEGMENT_HEAD_BYTES))
    if (typeof head === 'object' && head.number === number) return { name, file, head }
    if (typeof head === 'number') throw unknownFormat(folder, name, head)
    const neverBegun = head === 'damaged' || (head === 'foreign' && first.every(byte => byte === 0))
    if (!last || !neverBegun || (await headOnceWasWhole(file, file.length, first))) {
      throw damaged(folder, name, 'its head is not that of a segment')
    }
    await file.close()
    return undefined
  } catch (error) {
    await Promise.allSettled([file.close()])
    throw error
  }
}

async function headOnceWasWhole(file: Readable, length: number, first: Buffer): Promise<boolean> {
  for (const mark of possibleMarks(first)) if (await onceWasWhole(file, mark, 0, length)) return true
  return false
}

/** Reads one segment up to where it ends; `endsAt` is what the next one says of that. */
async function readSegment(
  folder: DataFolder,
  { name, file, head }: OpenSegment,
  endsAt: number | undefined,
  state: RecoveredState,
): Promise<Segment> {
  const segment = new Segment(head, file, SEGMENT_HEAD_BYTES)
  const reader = new ByteReader()
  const walk = new RecordWalk(file, head.mark, SEGMENT_HEAD_BYTES, endsAt ?? file.length)
  for (let record = await walk.next(); record !== undefined; record = await walk.next()) {
    state.startRecord(segment, record.bodiesOffset)
    readRecord(folder, name, record, reader, state)
  }
  const whole =
    endsAt === undefined ? !(await onceWasWhole(file, head.mark, walk.offset, file.length)) : walk.offset === endsAt
  if (!whole) throw damaged(folder, name, `the record at byte ${walk.offset} is not what was written`)
  segment.length = walk.offset
  return segment
}

function readRecord(
  folder: DataFolder,
  name: string,
  { operations, operationsNow, offset }: StoredRecord,
  reader: ByteReader,
  state: RecoveredState,
): void {
  try {
    readOperations(reader.over(operations, 0, operations.length), operationsNow, state)
  } catch (cause) {
    throw damaged(folder, name, `the record at byte ${offset} cannot be understood`, cause)
  }
}

function damaged(folder: DataFolder, name: string, what: string, cause?: unknown): BrokerError {
  return new BrokerError('STORE_DAMAGED', `${path.join(folder.path, name)} is damaged: ${what}`, { cause })
}

function unknownFormat(folder: DataFolder, name: string, version: number): BrokerError {
  const file = path.join(folder.path, name)
  const text = `${file} was written in format ${version}; this guardbee understands format ${FORMAT_VERSION} only`
  return new BrokerError('STORE_DAMAGED', text)
}
