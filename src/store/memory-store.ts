import type { Clock } from '../ports/clock.ts'
import type { QueueStore, RetainedStore, SessionStore, Store, SubscriptionStore } from '../ports/store.ts'
import type { QueueLimits } from './memory-queue.ts'
import { MemoryQueues } from './memory-queues.ts'
import { MemoryRetained, type RetainedLimits } from './memory-retained.ts'
import { MemorySession } from './memory-session.ts'
import { MemorySessions } from './memory-sessions.ts'
import { MemorySubscriptions } from './memory-subscriptions.ts'
import { OpenGate } from './open-gate.ts'
import { noJournal } from './session-journal.ts'
import { SessionTable } from './session-table.ts'
import type { StoreCounts } from './store-counts.ts'

/** Bounds of a {@link MemoryStore}. */
export interface MemoryStoreLimits extends QueueLimits, RetainedLimits {
  readonly sessionsMax: number
  readonly subscriptionsPerSessionMax: number
}

const defaultLimits: MemoryStoreLimits = {
  sessionsMax: 1_000_000,
  subscriptionsPerSessionMax: 10_000,
  queuedMessagesMax: 1000,
  queuedBytesMax: 16 * 1024 * 1024,
  queueFull: 'discard',
  retainedMessagesMax: 100_000,
  retainedBytesMax: 1024 * 1024 * 1024,
}

/**
 * The store that lives and dies with its process. At the bound on sessions, subscriptions or retained messages a write
 * is refused with `STORE_FULL`; at the bound of a queue the new message, or the oldest, is dropped and counted.
 */
export class MemoryStore implements Store {
  readonly sessions: SessionStore
  readonly subscriptions: SubscriptionStore
  readonly queues: QueueStore
  readonly retained: RetainedStore
  readonly #gate = new OpenGate()
  readonly #counts: () => Pick<StoreCounts, 'sessions' | 'queuedMessages' | 'retainedMessages'>

  constructor(clock: Clock, limits: Partial<MemoryStoreLimits> = {}) {
    const bounds: MemoryStoreLimits = { ...defaultLimits, ...limits }
    const table = new SessionTable<MemorySession>({
      gate: this.#gate,
      clock,
      sessionsMax: bounds.sessionsMax,
      make: (clientId, owner) => new MemorySession(clientId, owner),
      journal: noJournal,
    })
    this.sessions = new MemorySessions(table)
    this.subscriptions = new MemorySubscriptions(table, clock, bounds.subscriptionsPerSessionMax)
    this.queues = new MemoryQueues(table, bounds)
    const retained = new MemoryRetained(this.#gate, clock, bounds)
    this.retained = retained
    this.#counts = () => {
      let queuedMessages = 0
      for (const { queue } of table.all()) queuedMessages += queue?.size ?? 0
      return { sessions: table.size, queuedMessages, retainedMessages: retained.messages }
    }
  }

  counts(): StoreCounts {
    return { ...this.#counts(), bytes: 0, neededBytes: 0, commits: 0, failures: 0, full: 0 }
  }

  /** Everything asked from now on is refused. */
  async close(): Promise<void> {
    this.#gate.close()
  }
}
