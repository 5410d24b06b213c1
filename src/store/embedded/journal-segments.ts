import { BrokerError } from '../../core/errors.ts'
import type { Random } from '../../ports/clock.ts'
import { Batch } from './batch.ts'
import type { DataFile, DataFolder } from './data-folder.ts'
import { SEGMENT_HEAD_BYTES, segmentName, writeSegmentHead } from './segment-format.ts'
import { Segment } from './segment.ts'

const MARK_BYTES = 4

/** Where a record lies. */
export interface RecordPlace {
  readonly segment: Segment
  readonly offset: number
}

/** The files of the journal, oldest first: the newest gets the records, the oldest is removed once nothing in it is needed. */
export class JournalSegments {
  readonly #folder: DataFolder
  readonly #random: Random
  readonly #segmentBytes: number
  readonly #segments: Segment[]
  /** The one that is written to; undefined: the next record starts a new one. */
  #head: Segment | undefined = undefined
  #syncedUpTo = 0
  #bytes = 0
  /** The oldest one while its file is gone already, but maybe not for good. */
  #removed: Segment | undefined = undefined

  /** `segments` are those that were found, oldest first; they are only read. */
  constructor(folder: DataFolder, random: Random, segmentBytes: number, segments: readonly Segment[]) {
    this.#folder = folder
    this.#random = random
    this.#segmentBytes = segmentBytes
    this.#segments = [...segments]
    for (const { length } of segments) this.#bytes += length
  }

  /** Of all segments together. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#segments.length
  }

  /** The oldest one, if it is not written to any more. */
  get oldest(): Segment | undefined {
    const oldest = this.#segments[0]
    return oldest === this.#head ? undefined : oldest
  }

  /** Writes a record, and with `sync` waits for the disk. After a failure the next record starts a new segment. */
  async append(batch: Batch, sync: boolean): Promise<RecordPlace> {
    const head = this.#head
    if (head !== undefined && head.length + batch.bytes <= this.#segmentBytes) {
      return await this.#appendTo(head, batch, sync)
    }
    return await this.#appendToNew(batch, sync)
  }

  /** Resolves when everything appended so far has reached the disk. */
  async sync(): Promise<void> {
    const head = this.#head
    if (head === undefined) return
    const { length } = head
    await head.sync()
    if (head === this.#head) this.#syncedUpTo = length
  }

  /** Removes the oldest segment for good. Nothing in it may be needed, and what replaces it must have reached the disk. */
  async removeOldest(): Promise<void> {
    const oldest = this.oldest
    if (oldest === undefined) throw new BrokerError('STORE_UNAVAILABLE', 'the segment that is written to is needed')
    if (this.#removed !== oldest) await this.#folder.remove(oldest.name)
    this.#removed = oldest
    // One after the other: a gap between segments would be taken for damage.
    await this.#folder.sync()
    this.#segments.shift()
    this.#bytes -= oldest.length
    await oldest.retire()
  }

  /** Closes the files. A last record says that all before it has reached the disk, so that damage to it will be seen. */
  async close(): Promise<void> {
    const head = this.#head
    if (head !== undefined && this.#syncedUpTo === head.length) {
      await head.write(new Batch().seal(head.mark, head.length), head.length)
      await head.sync()
    }
    await Promise.all(this.#segments.map(segment => segment.retire()))
  }

  async #appendTo(head: Segment, batch: Batch, sync: boolean): Promise<RecordPlace> {
    const offset = head.length
    try {
      await head.write(batch.seal(head.mark, this.#syncedUpTo), offset)
      if (sync) await head.sync()
    } catch (error) {
      // After a failed sync nobody knows what of this file the disk has: it is not written to again.
      this.#head = undefined
      throw error
    }
    head.length = offset + batch.bytes
    if (sync) this.#syncedUpTo = head.length
    this.#bytes += batch.bytes
    return { segment: head, offset }
  }

  async #appendToNew(batch: Batch, sync: boolean): Promise<RecordPlace> {
    const previous = this.#segments.at(-1)
    // What lies behind a segment that has ended must not be there without what lies in it.
    await previous?.sync()
    const number = (previous?.number ?? 0) + 1
    const name = segmentName(number)
    const mark = Number.parseInt(this.#random.hex(MARK_BYTES), 16)
    const file = await this.#create(name)
    try {
      const head = writeSegmentHead({ number, mark, previousLength: previous?.length ?? 0 })
      await file.write([head, ...batch.seal(mark, 0)], 0)
      if (sync) await file.sync()
      await this.#folder.sync()
    } catch (error) {
      await this.#discard(name, file)
      throw error
    }
    const length = SEGMENT_HEAD_BYTES + batch.bytes
    const segment = new Segment({ number, mark }, file, length)
    this.#segments.push(segment)
    this.#head = segment
    this.#syncedUpTo = sync ? length : 0
    this.#bytes += length
    return { segment, offset: SEGMENT_HEAD_BYTES }
  }

  async #create(name: string): Promise<DataFile> {
    try {
      return await this.#folder.create(name)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      // Left over from an attempt that failed, or that was cut short before anything in it counted.
      await this.#folder.remove(name)
      return await this.#folder.create(name)
    }
  }

  /** A segment that could not be begun: its name is wanted by the next attempt. */
  async #discard(name: string, file: DataFile): Promise<void> {
    await Promise.allSettled([file.close()])
    await Promise.allSettled([this.#folder.remove(name)])
  }
}
