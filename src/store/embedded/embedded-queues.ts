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
import type { QueueLimits } from '../memory-queue.ts'
import type { SessionTable } from '../session-table.ts'
import type { EmbeddedSession } from './embedded-session.ts'
import type { Journal } from './journal.ts'
import { type QueueReference, sharedDelivery, writeQueued, writeReleased, writeRemoved } from './operations.ts'
import { QueueRoom } from './queue-room.ts'
import type { StoredBodies } from './stored-bodies.ts'
import type { StoredBody } from './stored-body.ts'
import { type QueueEntry, StoredQueue } from './stored-queue.ts'

const NOTHING_QUEUED: readonly QueuedMessage[] = []
/** Of one answer; a single message may be larger. */
const READ_BYTES_MAX = 128 * 1024 * 1024

/** What {@link EmbeddedQueues} works with. */
export interface EmbeddedQueuesParts {
  readonly table: SessionTable<EmbeddedSession>
  readonly journal: Journal
  readonly bodies: StoredBodies
  readonly limits: QueueLimits
}

/**
 * Queues on disk: in memory is where each message lies, and the newest messages. A message may be read once it is safe,
 * not before: else it might be delivered, lost in a crash, and delivered again.
 */
export class EmbeddedQueues implements QueueStore {
  readonly #table: SessionTable<EmbeddedSession>
  readonly #journal: Journal
  readonly #bodies: StoredBodies
  readonly #room: QueueRoom

  constructor({ table, journal, bodies, limits }: EmbeddedQueuesParts) {
    this.#table = table
    this.#journal = journal
    this.#bodies = bodies
    this.#room = new QueueRoom(limits, (session, positions) => this.#remove(session, positions))
  }

  async append(targets: readonly QueueTarget[], message: Message, received?: ReceivedMark): Promise<AppendResult> {
    const publisher = received && this.#table.claimedWith(received.clientId, received.epoch)
    if (targets.length > 0) this.#journal.checkRoom()
    // Nothing behind this line fails, so the mark and the message are told to the journal together.
    if (publisher !== undefined) this.#table.markReceived(publisher, received?.packetId ?? 0, true)
    const result = this.#appendToAll(targets, message)
    await this.#journal.safe()
    return result
  }

  async read(clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]> {
    const queue = this.#table.present(clientId)?.queue
    const entries = queue?.read(after, limit, READ_BYTES_MAX) ?? []
    const last = entries.at(-1)
    if (queue === undefined || last === undefined) return NOTHING_QUEUED
    queue.readUpTo = Math.max(queue.readUpTo, last.position)
    const messages = await this.#bodies.load(entries.map(({ body }) => body))
    return entries.map((entry, index) => queuedMessage(entry, messages[index]))
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

  #appendToAll(targets: readonly QueueTarget[], message: Message): AppendResult {
    const size = messageSize(message)
    const nowMs = this.#table.nowMs()
    const references: QueueReference[] = []
    const wakes: Wake[] = []
    let body: StoredBody | undefined
    let dropped = 0
    for (const { clientId, delivery } of targets) {
      const session = this.#table.present(clientId, nowMs)
      if (session?.persistent !== true) continue
      session.queue ??= new StoredQueue()
      const { fits, dropped: madeRoom } = this.#room.make(session, session.queue, size, nowMs)
      dropped += madeRoom
      if (!fits) continue
      body ??= this.#bodies.add(this.#journal, message)
      references.push(this.#refer(session, session.queue, body, sharedDelivery(delivery)))
      if (session.home !== undefined) wakes.push({ clientId, home: session.home })
    }
    if (body !== undefined) writeQueued(this.#journal.begin(), body.length, body.expiresAtMs, references)
    return { wakes, dropped }
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

function queuedMessage({ position, released, delivery }: QueueEntry, message: Message | undefined): QueuedMessage {
  assert(message !== undefined, 'fewer messages were read than asked for')
  return { position, message, released, delivery }
}
