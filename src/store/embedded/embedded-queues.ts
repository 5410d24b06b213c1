import assert from 'node:assert/strict'
import type { Message } from '../../core/message.ts'
import { messageSize } from '../../core/message-codec.ts'
import type {
  AppendResult,
  DeliveryOptions,
  QueuedMessage,
  QueueStore,
  QueueTarget,
  ReceivedMark,
  Wake,
} from '../../ports/store.ts'
import type { Log } from '../../ports/telemetry.ts'
import type { QueueLimits } from '../memory-queue.ts'
import { PAGE_BYTES_MAX } from '../paging.ts'
import type { RawAnswer, RawAppendLine, RawAppends } from '../raw-appends.ts'
import { messageIn, type RawQueued } from '../raw-reads.ts'
import type { SessionTable } from '../session-table.ts'
import { EmbeddedAppendLine, type LineQueues } from './embedded-append-line.ts'
import type { EmbeddedSession } from './embedded-session.ts'
import type { Journal } from './journal.ts'
import { type QueueReference, writeQueued, writeReleased, writeRemoved } from './operations.ts'
import { QueueRoom } from './queue-room.ts'
import { sharedDelivery } from './shared-delivery.ts'
import type { StoredBodies } from './stored-bodies.ts'
import type { StoredBody } from './stored-body.ts'
import { StoredQueue } from './stored-queue.ts'

const NOTHING_QUEUED: readonly RawQueued[] = []

/** What {@link EmbeddedQueues} works with. */
export interface EmbeddedQueuesParts {
  readonly table: SessionTable<EmbeddedSession>
  readonly journal: Journal
  readonly bodies: StoredBodies
  readonly limits: QueueLimits
  readonly log: Log
}

/** What became of a message in one queue. */
export interface Appended {
  readonly session: EmbeddedSession
  readonly queue: StoredQueue
  /** 0: it was not taken. */
  readonly position: number
  readonly dropped: number
}

/**
 * Queues on disk: in memory is where each message lies, and the newest messages. A message may be read once it is safe,
 * not before: else it might be delivered, lost in a crash, and delivered again.
 */
export class EmbeddedQueues implements QueueStore, RawAppends, LineQueues<Appended> {
  readonly #table: SessionTable<EmbeddedSession>
  readonly #journal: Journal
  readonly #bodies: StoredBodies
  readonly #room: QueueRoom
  readonly #log: Log

  constructor({ table, journal, bodies, limits, log }: EmbeddedQueuesParts) {
    this.#table = table
    this.#journal = journal
    this.#bodies = bodies
    this.#log = log
    this.#room = new QueueRoom(limits, (session, positions) => this.#remove(session, positions))
  }

  async append(targets: readonly QueueTarget[], message: Message, received?: ReceivedMark): Promise<AppendResult> {
    const publisher = received && this.#table.claimedWith(received.clientId, received.epoch)
    if (targets.length > 0) this.#journal.checkRoom()
    // Nothing behind this line fails, so the mark and the message are told to the journal together.
    if (publisher !== undefined) this.#table.markReceived(publisher, received?.packetId ?? 0, true)
    const appended = this.#appendToAll(targets, messageSize(message), () => this.#bodies.add(this.#journal, message))
    await this.#journal.safe()
    return this.resultOf(appended)
  }

  openRawLine(answer: (answers: readonly RawAnswer[]) => void): RawAppendLine {
    return new EmbeddedAppendLine({ queues: this, log: this.#log, answer })
  }

  appendRaw(
    targets: readonly QueueTarget[],
    bytes: Buffer,
    start: number,
    end: number,
    expiresAtMs: number,
  ): readonly Appended[] {
    this.#journal.checkRoom()
    return this.#appendToAll(targets, end - start, () =>
      this.#bodies.addRaw(this.#journal, bytes, start, end, expiresAtMs),
    )
  }

  safe(): Promise<void> {
    return this.#journal.safe()
  }

  resultOf(appended: readonly Appended[]): AppendResult {
    const wakes: Wake[] = []
    let dropped = 0
    for (const { session, queue, position, dropped: madeRoom } of appended) {
      dropped += madeRoom
      const { clientId, home, epoch } = session
      if (position === 0 || home === undefined) continue
      wakes.push(queue.handOver(position, epoch) ? { clientId, home, position } : { clientId, home })
    }
    return { wakes, dropped }
  }

  async read(clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]> {
    const queued = await this.readRaw(clientId, after, limit)
    return queued.map(one => ({ ...one, message: messageIn(one.message) }))
  }

  /** Like {@link read}, with the messages as their bytes are. */
  async readRaw(clientId: string, after: number, limit: number): Promise<readonly RawQueued[]> {
    const session = this.#table.present(clientId)
    const queue = session?.queue
    if (session === undefined || queue === undefined) return NOTHING_QUEUED
    const { entries, moreFollow } = queue.read(after, limit, PAGE_BYTES_MAX)
    const last = entries.length - 1
    queue.readUpTo = Math.max(queue.readUpTo, entries[last]?.position ?? 0)
    queue.takeOn(session.epoch, moreFollow ? 0 : limit - entries.length)
    if (entries.length === 0) return NOTHING_QUEUED
    const messages = await this.#bodies.load(entries.map(({ body }) => body))
    return entries.map(({ position, released, delivery }, index) => {
      const message = messages[index]
      assert(message !== undefined, 'fewer messages were read than asked for')
      const queued = { position, message, released, delivery }
      return moreFollow && index === last ? { ...queued, moreFollow } : queued
    })
  }

  async markReleased(clientId: string, epoch: number, position: number): Promise<void> {
    const { queue, number } = this.#table.claimedWith(clientId, epoch)
    const entry = queue?.find(position)
    if (entry !== undefined && !entry.released) {
      entry.released = true
      writeReleased(this.#journal.begin(), number, position)
    }
    await this.#journal.safe()
  }

  async remove(clientId: string, epoch: number, positions: readonly number[]): Promise<void> {
    this.#remove(this.#table.claimedWith(clientId, epoch), positions)
    await this.#journal.safe()
  }

  #appendToAll(targets: readonly QueueTarget[], size: number, addBody: () => StoredBody): readonly Appended[] {
    const nowMs = this.#table.nowMs()
    const references: QueueReference[] = []
    const appended: Appended[] = []
    let body: StoredBody | undefined
    for (const { clientId, delivery } of targets) {
      const session = this.#table.present(clientId, nowMs)
      if (session?.persistent !== true) continue
      session.queue ??= new StoredQueue()
      const { queue } = session
      const { fits, dropped } = this.#room.make(session, queue, size, nowMs)
      if (!fits) {
        appended.push({ session, queue, position: 0, dropped })
        continue
      }
      body ??= addBody()
      const reference = this.#refer(session, queue, body, sharedDelivery(delivery))
      references.push(reference)
      appended.push({ session, queue, position: reference.position, dropped })
    }
    if (body !== undefined) writeQueued(this.#journal.begin(), body.length, body.expiresAtMs, references)
    return appended
  }

  #refer(session: EmbeddedSession, queue: StoredQueue, body: StoredBody, delivery: DeliveryOptions): QueueReference {
    this.#bodies.refer(body)
    const { position } = queue.append(body, delivery)
    return { session: session.number, position, released: false, delivery }
  }

  #remove({ queue, number }: EmbeddedSession, positions: readonly number[]): void {
    if (queue === undefined) return
    const removed = positions.filter(position => {
      const body = queue.remove(position)
      if (body !== undefined) this.#bodies.letGo(body)
      return body !== undefined
    })
    if (removed.length > 0) writeRemoved(this.#journal.begin(), number, removed)
  }
}
