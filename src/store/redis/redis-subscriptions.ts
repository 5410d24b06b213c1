import type { Subscription } from '../../core/subscription.ts'
import type { OwnedSubscription, SubscriptionStore } from '../../ports/store.ts'
import { subscriptionCodec } from '../store-values.ts'
import type { RedisCalls } from './redis-calls.ts'
import { fullPages } from './full-pages.ts'
import { bytesIn, bytesOf, listIn, numberIn, stringIn, valueOf } from './replies.ts'
import { listSubscriptionsScript } from './scripts/list-subscriptions-script.ts'
import { moreSubscriptionsScript } from './scripts/more-subscriptions-script.ts'
import { putSubscriptionsScript } from './scripts/put-subscriptions-script.ts'
import { removeSubscriptionsScript } from './scripts/remove-subscriptions-script.ts'

/** Of one step of a listing; Redis may find some more. */
const SESSIONS_AT_ONCE = 100
const SUBSCRIPTIONS_AT_ONCE = 500
const START = '0'

/** Subscriptions in Redis, a hash by Topic Filter for each session. */
export class RedisSubscriptions implements SubscriptionStore {
  readonly #calls: RedisCalls
  readonly #subscriptionsMax: number

  constructor(calls: RedisCalls, subscriptionsMax: number) {
    this.#calls = calls
    this.#subscriptionsMax = subscriptionsMax
  }

  async put(clientId: string, epoch: number, subscriptions: readonly Subscription[]): Promise<void> {
    const fields = subscriptions.flatMap(subscription => [
      subscription.topicFilter,
      bytesOf(subscriptionCodec, subscription),
    ])
    const args = [clientId, epoch, this.#subscriptionsMax, ...fields]
    await this.#calls.sure(putSubscriptionsScript, args, 'acknowledged')
  }

  async remove(clientId: string, epoch: number, topicFilters: readonly string[]): Promise<void> {
    await this.#calls.sure(removeSubscriptionsScript, [clientId, epoch, ...topicFilters], 'acknowledged')
  }

  /** A session that is there all the time is listed at least once; one may come twice while others come and go. */
  all(): AsyncIterable<readonly OwnedSubscription[]> {
    return fullPages(this.#walk())
  }

  async *#walk(): AsyncGenerator<readonly OwnedSubscription[], void, undefined> {
    let cursor = START
    do {
      const args = [cursor, SESSIONS_AT_ONCE, SUBSCRIPTIONS_AT_ONCE]
      const [next, ...sessions] = listIn(await this.#calls.sure(listSubscriptionsScript, args))
      for (const session of sessions) yield* this.#ofSession(listIn(session))
      cursor = stringIn(next)
    } while (cursor !== START)
  }

  async *#ofSession(found: readonly unknown[]): AsyncGenerator<readonly OwnedSubscription[], void, undefined> {
    const [id, claim, instance, position, first] = found
    const clientId = stringIn(id)
    const epoch = numberIn(claim)
    let cursor = stringIn(position)
    let fields = listIn(first)
    for (;;) {
      yield fields
        .filter((_, index) => index % 2 === 1)
        .map(bytes => ({ clientId, epoch, subscription: valueOf(subscriptionCodec, bytesIn(bytes)) }))
      if (cursor === START) return
      const args = [stringIn(instance), cursor, SUBSCRIPTIONS_AT_ONCE]
      const [next, more] = listIn(await this.#calls.sure(moreSubscriptionsScript, args))
      cursor = stringIn(next)
      fields = listIn(more)
    }
  }
}
