import { NEVER_EXPIRES } from '../../core/message.ts'
import type { QueueLimits } from '../memory-queue.ts'
import type { EmbeddedSession } from './embedded-session.ts'
import type { StoredQueue } from './stored-queue.ts'

/** What became of the wish for room. */
export interface Room {
  readonly fits: boolean
  /** Messages that were not taken, or removed. */
  readonly dropped: number
}

const ROOM: Room = { fits: true, dropped: 0 }
const NO_ROOM: Room = { fits: false, dropped: 1 }
/** A full queue is searched for expired messages this often at most. */
const SEARCH_EVERY_MS = 1_000

/**
 * Room in queues that are full. What has been sent is never taken out for it: the client may hold the half of a QoS 2
 * handshake for it, and would take a later message with the same Packet Identifier for a copy.
 */
export class QueueRoom {
  readonly #limits: QueueLimits
  readonly #remove: (session: EmbeddedSession, positions: readonly number[]) => void

  constructor(limits: QueueLimits, remove: (session: EmbeddedSession, positions: readonly number[]) => void) {
    this.#limits = limits
    this.#remove = remove
  }

  /** Makes room for a message of `size` bytes where it can. */
  make(session: EmbeddedSession, queue: StoredQueue, size: number, nowMs: number): Room {
    if (this.#fits(queue, size)) return ROOM
    this.#removeExpired(session, queue, nowMs)
    if (this.#fits(queue, size)) return ROOM
    if (this.#limits.queueFull === 'discard' || size > this.#limits.queuedBytesMax) return NO_ROOM
    return this.#removeOldest(session, queue, size)
  }

  #fits(queue: StoredQueue, size: number): boolean {
    const { queuedMessagesMax, queuedBytesMax } = this.#limits
    return queue.size < queuedMessagesMax && queue.bytes + size <= queuedBytesMax
  }

  #removeExpired(session: EmbeddedSession, queue: StoredQueue, nowMs: number): void {
    if (nowMs < queue.searchedAtMs + SEARCH_EVERY_MS) return
    queue.searchedAtMs = nowMs
    const expired: number[] = []
    for (const { position, body } of queue.entriesAfter(sentUpTo(session, queue))) {
      if (body.expiresAtMs !== NEVER_EXPIRES && body.expiresAtMs <= nowMs) expired.push(position)
    }
    if (expired.length > 0) this.#remove(session, expired)
  }

  #removeOldest(session: EmbeddedSession, queue: StoredQueue, size: number): Room {
    const { queuedMessagesMax, queuedBytesMax } = this.#limits
    const oldest: number[] = []
    let messages = queue.size
    let bytes = queue.bytes
    for (const { position, body } of queue.entriesAfter(sentUpTo(session, queue))) {
      if (messages < queuedMessagesMax && bytes + size <= queuedBytesMax) break
      oldest.push(position)
      messages--
      bytes -= body.length
    }
    if (messages >= queuedMessagesMax || bytes + size > queuedBytesMax) return NO_ROOM
    this.#remove(session, oldest)
    return { fits: true, dropped: oldest.length }
  }
}

function sentUpTo(session: EmbeddedSession, queue: StoredQueue): number {
  return Math.max(session.sentUpTo, queue.readUpTo)
}
