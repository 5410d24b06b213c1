import type { Subscription } from '../../src/core/subscription.ts'
import type { OwnedSubscription, Store, SubscriptionStore } from '../../src/ports/store.ts'

/** Subscriptions whose writes a test keeps on their way to the store, and lets through in the order that it likes. */
export class HeldSubscriptions implements SubscriptionStore {
  readonly store: Store
  holding = false
  readonly #inner: SubscriptionStore
  readonly #waiting: (() => void)[] = []

  constructor(store: Store) {
    this.#inner = store.subscriptions
    const { sessions, queues, retained } = store
    this.store = { sessions, queues, retained, subscriptions: this, close: () => store.close() }
  }

  async put(clientId: string, epoch: number, subscriptions: readonly Subscription[]): Promise<void> {
    await this.#arrival()
    return this.#inner.put(clientId, epoch, subscriptions)
  }

  async remove(clientId: string, epoch: number, topicFilters: readonly string[]): Promise<void> {
    await this.#arrival()
    return this.#inner.remove(clientId, epoch, topicFilters)
  }

  all(): AsyncIterable<readonly OwnedSubscription[]> {
    return this.#inner.all()
  }

  /** Lets the writes that wait reach the store. */
  release(): void {
    this.holding = false
    for (const arrive of this.#waiting.splice(0)) arrive()
  }

  async #arrival(): Promise<void> {
    if (this.holding) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}
