import type { Message } from '../core/message.ts'
import { messageSize } from '../core/message-codec.ts'
import type { AppendResult, QueuedMessage, QueueStore, QueueTarget, ReceivedMark, Wake } from '../ports/store.ts'
import { MemoryQueue, type QueueLimits } from './memory-queue.ts'
import type { MemorySession } from './memory-session.ts'
import type { SessionTable } from './session-table.ts'

const NOTHING_QUEUED: readonly QueuedMessage[] = []

/** Queues in memory; a message is one object however many queues it is in. */
export class MemoryQueues implements QueueStore {
  readonly #table: SessionTable<MemorySession>
  readonly #limits: QueueLimits

  constructor(table: SessionTable<MemorySession>, limits: QueueLimits) {
    this.#table = table
    this.#limits = limits
  }

  async append(targets: readonly QueueTarget[], message: Message, received?: ReceivedMark): Promise<AppendResult> {
    // Nothing behind this line fails, so the mark and the message are stored together.
    if (received !== undefined) {
      const publisher = this.#table.claimedWith(received.clientId, received.epoch)
      this.#table.markReceived(publisher, received.packetId, true)
    }
    const size = messageSize(message)
    const nowMs = this.#table.nowMs()
    const wakes: Wake[] = []
    let dropped = 0
    for (const { clientId, delivery } of targets) {
      const session = this.#table.present(clientId, nowMs)
      if (session?.persistent !== true) continue
      session.queue ??= new MemoryQueue(this.#limits)
      const appended = session.queue.append(message, size, delivery, session.sentUpTo, nowMs)
      dropped += appended.dropped
      if (appended.taken && session.home !== undefined) wakes.push({ clientId, home: session.home })
    }
    return { wakes, dropped }
  }

  async read(clientId: string, after: number, limit: number): Promise<readonly QueuedMessage[]> {
    return this.#table.present(clientId)?.queue?.read(after, limit) ?? NOTHING_QUEUED
  }

  async markReleased(clientId: string, epoch: number, position: number): Promise<void> {
    this.#table.claimedWith(clientId, epoch).queue?.markReleased(position)
  }

  async remove(clientId: string, epoch: number, positions: readonly number[]): Promise<void> {
    const { queue } = this.#table.claimedWith(clientId, epoch)
    if (queue !== undefined) for (const position of positions) queue.remove(position)
  }
}
