import { BrokerError } from '../core/errors.ts'
import type { Subscription } from '../core/subscription.ts'
import type { Clock } from '../ports/clock.ts'
import type { OwnedSubscription, SubscriptionStore } from '../ports/store.ts'
import { inPages } from './paging.ts'
import type { AnySession, SessionTable } from './session-table.ts'

/** What a subscription counts beside its Topic Filter when a page is weighed. */
const SUBSCRIPTION_BYTES = 32

/** Subscriptions in memory, kept with their session. */
export class MemorySubscriptions implements SubscriptionStore {
  readonly #table: SessionTable<AnySession>
  readonly #clock: Clock
  readonly #subscriptionsMax: number

  constructor(table: SessionTable<AnySession>, clock: Clock, subscriptionsMax: number) {
    this.#table = table
    this.#clock = clock
    this.#subscriptionsMax = subscriptionsMax
  }

  /** Past the bound nothing of the call is stored: a `STORE_FULL` error. */
  async put(clientId: string, epoch: number, subscriptions: readonly Subscription[]): Promise<void> {
    const session = this.#table.claimedWith(clientId, epoch)
    const filters = new Set(session.subscriptions.keys())
    for (const { topicFilter } of subscriptions) filters.add(topicFilter)
    if (filters.size > this.#subscriptionsMax) {
      throw new BrokerError('STORE_FULL', `a session has at most ${this.#subscriptionsMax} subscriptions`)
    }
    this.#table.subscribe(session, subscriptions)
  }

  async remove(clientId: string, epoch: number, topicFilters: readonly string[]): Promise<void> {
    this.#table.unsubscribe(this.#table.claimedWith(clientId, epoch), topicFilters)
  }

  all(): AsyncIterable<readonly OwnedSubscription[]> {
    return inPages(this.#walk(), owned => owned.subscription.topicFilter.length + SUBSCRIPTION_BYTES, this.#clock)
  }

  *#walk(): Generator<OwnedSubscription | undefined, void, undefined> {
    this.#table.checkOpen()
    const nowMs = this.#table.nowMs()
    for (const session of this.#table.all()) {
      yield undefined
      if (!session.persistent || session.over(nowMs)) continue
      const { clientId, epoch } = session
      for (const subscription of session.subscriptions.values()) yield { clientId, epoch, subscription }
    }
  }
}
