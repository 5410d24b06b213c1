import { ByteReader } from '../../core/byte-codec.ts'
import { readMessage } from '../../core/message-codec.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import type { TakenDue } from '../taken-due.ts'
import type { EmbeddedRetained } from './embedded-retained.ts'
import type { Journal } from './journal.ts'
import type { JournalSegments } from './journal-segments.ts'
import { LiveOperations } from './live-operations.ts'
import { readOperations } from './operations.ts'
import { RecordWalk } from './record-walk.ts'
import { SEGMENT_HEAD_BYTES } from './segment-format.ts'
import type { Segment } from './segment.ts'
import type { SessionNumbers } from './session-numbers.ts'
import type { SessionOperations } from './session-operations.ts'
import type { StoredBodies } from './stored-bodies.ts'

/** The journal may be this much more than twice what is needed of it. */
const SLACK_SEGMENTS = 4
const SLACK_SEGMENTS_WHEN_SHORT = 2

/** What a {@link Cleaner} works with. */
export interface CleanerParts {
  readonly journal: Journal
  readonly segments: JournalSegments
  readonly segmentBytes: number
  readonly storeBytesMax: number
  readonly numbers: SessionNumbers
  readonly operations: SessionOperations
  readonly bodies: StoredBodies
  readonly retained: EmbeddedRetained
  readonly taken: TakenDue
  readonly log: Log
}

/**
 * Keeps the journal from growing: once less than half of it is needed, what is needed of the oldest segments is told to
 * the journal again, and the segments are removed. As they go oldest first, nothing that was ended comes back.
 */
export class Cleaner {
  readonly #parts: CleanerParts
  readonly #reader = new ByteReader()
  #running: Promise<void> | undefined = undefined
  #closed = false
  /** Bytes that sessions took when all were last told again. */
  #sessionBytes = 0
  segmentsRemoved = 0

  constructor(parts: CleanerParts) {
    this.#parts = parts
    parts.journal.onCommitted = () => {
      if (this.#running === undefined && this.wanted) background(parts.log, 'cleaning of the store', this.clean())
    }
  }

  /** What the journal would be without all that is over. */
  get neededBytes(): number {
    return this.#parts.bodies.liveBytes + this.#sessionBytes
  }

  /** Whether too much of the journal is not needed any more. */
  get wanted(): boolean {
    const { journal, segments, segmentBytes, storeBytesMax } = this.#parts
    const needed = this.neededBytes
    const tight = needed + SLACK_SEGMENTS_WHEN_SHORT * segmentBytes
    const usual = needed * 2 + SLACK_SEGMENTS * segmentBytes
    const limit = journal.full ? tight : Math.min(usual, Math.max(tight, storeBytesMax * 0.8))
    return segments.oldest !== undefined && segments.bytes > limit
  }

  /** Goes through the segments that there are now, once. */
  clean(): Promise<void> {
    this.#running ??= this.#clean().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled([this.#running])
  }

  async #clean(): Promise<void> {
    const { segments } = this.#parts
    const live = new LiveOperations(this.#parts)
    for (let left = segments.size - 1; left > 0 && !this.#closed; left--) {
      const { oldest } = segments
      if (oldest === undefined) return
      await this.#tellAgain(oldest, live)
      if (this.#closed) return
      await segments.removeOldest()
      this.segmentsRemoved++
    }
    this.#sessionBytes = live.sessionBytes
  }

  async #tellAgain(segment: Segment, live: LiveOperations): Promise<void> {
    const { journal } = this.#parts
    const walk = new RecordWalk(segment, segment.mark, SEGMENT_HEAD_BYTES, segment.length)
    for (let record = await walk.next(); record !== undefined && !this.#closed; record = await walk.next()) {
      const { bodies, bodiesOffset, operations, operationsNow } = record
      live.startRecord(segment, bodiesOffset, (start, end) => readMessage(this.#reader.over(bodies, start, end)))
      readOperations(new ByteReader().over(operations, 0, operations.length), operationsNow, live)
      await journal.hasRoom()
    }
    await journal.safe()
    // Before the segment goes, what replaces it must have reached the disk, whatever a commit waits for.
    await journal.syncHead()
  }
}
