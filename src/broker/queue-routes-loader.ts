import type { SubscriptionStore } from '../ports/store.ts'
import type { SubscriptionTable } from './subscription-table.ts'

/**
 * Brings the subscriptions of all persistent sessions into the table: when a worker starts, and when a link to a peer
 * was broken, for what the peer said meanwhile is lost. What changes in the table while a load is under way is newer than
 * what a page holds.
 */
export class QueueRoutesLoader {
  readonly #store: SubscriptionStore
  readonly #table: SubscriptionTable
  #running: Promise<void> | undefined = undefined

  constructor(store: SubscriptionStore, table: SubscriptionTable) {
    this.#store = store
    this.#table = table
  }

  /** Resolves when the table agrees with the store. A load that is asked for during another one follows it. */
  async load(): Promise<void> {
    const before = this.#running
    const load = (async () => {
      // Who asked for the earlier load hears of its failure.
      await Promise.allSettled([before])
      await this.#load()
    })()
    this.#running = load
    await load
  }

  async #load(): Promise<void> {
    const changed = new Set<string>()
    const stored = new Set<string>()
    this.#table.onQueuedChange = (clientId, topicFilter) => changed.add(keyOf(clientId, topicFilter))
    try {
      for await (const page of this.#store.all()) {
        for (const { clientId, subscription } of page) {
          const key = keyOf(clientId, subscription.topicFilter)
          stored.add(key)
          if (!changed.has(key)) this.#table.putQueued(clientId, subscription)
        }
      }
    } finally {
      this.#table.onQueuedChange = undefined
    }
    for (const [clientId, topicFilter] of this.#table.queuedSubscriptions()) {
      const key = keyOf(clientId, topicFilter)
      if (!stored.has(key) && !changed.has(key)) this.#table.removeQueued(clientId, topicFilter)
    }
  }
}

function keyOf(clientId: string, topicFilter: string): string {
  return `${clientId.length} ${clientId}${topicFilter}`
}
