import type { Message } from '../../core/message.ts'
import type { Segment } from './segment.ts'

/** The messages of one commit as they were written, as long as there is room for them in memory. */
export interface KeptBytes {
  bytes: Buffer | undefined
  /** Bodies in it that something refers to. */
  wanted: number
}

/** A message in the journal: where it lies, and how many queues and retained topics refer to it. */
export class StoredBody {
  readonly length: number
  /** Unix time in ms, or `NEVER_EXPIRES`: known without reading the message. */
  readonly expiresAtMs: number
  /** Undefined until the commit that holds the message has reached the disk: then, and not before, it may be read. */
  segment: Segment | undefined = undefined
  offset = 0
  references = 0
  /** Only until it is committed, where it is asked for before that. */
  onItsWay: Message | undefined = undefined
  /** The bytes that it is part of while the cache keeps them, and where it begins in them. */
  kept: KeptBytes | undefined = undefined
  keptAt = 0

  constructor(length: number, expiresAtMs: number) {
    this.length = length
    this.expiresAtMs = expiresAtMs
  }

  /** It lies here from now on: committed for the first time, or moved out of an old segment. */
  place(segment: Segment, offset: number): void {
    this.onItsWay = undefined
    this.segment = segment
    this.offset = offset
  }

  liesAt(segment: Segment, offset: number): boolean {
    return this.segment === segment && this.offset === offset
  }
}
