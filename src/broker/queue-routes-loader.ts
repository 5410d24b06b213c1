import type { SubscriptionStore } from '../ports/store.ts'
import type { PersistentMembers } from './persistent-members.ts'

/**
 * Brings the subscriptions of all persistent sessions in: when a worker starts, and when a peer has come up, for what it
 * said before is lost. News that comes while a load is under way is newer than what a page holds; news that came before
 * is in the store already, because a worker tells of a subscription only then. What a connection at this worker wants
 * may still be on its way to the store, so its session is left alone.
 */
export class QueueRoutesLoader {
  readonly #store: SubscriptionStore
  readonly #members: PersistentMembers
  #running: Promise<void> | undefined = undefined
  /** Follows the one that is running; whoever asks meanwhile shares it. */
  #next: Promise<void> | undefined = undefined

  constructor(store: SubscriptionStore, members: PersistentMembers) {
    this.#store = store
    this.#members = members
  }

  /** Resolves when what was stored before this call is known. */
  load(): Promise<void> {
    this.#next ??= this.#follow(this.#running)
    return this.#next
  }

  async #follow(before: Promise<void> | undefined): Promise<void> {
    // Who asked for the earlier load hears of its failure.
    await Promise.allSettled([before])
    this.#running = this.#next
    this.#next = undefined
    await this.#load()
  }

  async #load(): Promise<void> {
    const members = this.#members
    const changed = new Set<string>()
    const stored = new Set<string>()
    members.onChange = (clientId, epoch, topicFilter) => changed.add(`${epoch} ${keyOf(clientId, topicFilter)}`)
    try {
      for await (const page of this.#store.all()) {
        for (const owned of page) {
          const key = keyOf(owned.clientId, owned.subscription.topicFilter)
          stored.add(key)
          if (changed.has(`${owned.epoch} ${key}`)) continue
          members.putStored(owned)
        }
      }
    } finally {
      members.onChange = undefined
    }
    for (const { clientId, epoch, entries, subscriber } of members.all()) {
      if (subscriber !== undefined) continue
      for (const topicFilter of entries.keys()) {
        const key = keyOf(clientId, topicFilter)
        if (!stored.has(key) && !changed.has(`${epoch} ${key}`)) members.remove(clientId, epoch, topicFilter)
      }
    }
  }
}

function keyOf(clientId: string, topicFilter: string): string {
  return `${clientId.length} ${clientId}${topicFilter}`
}
