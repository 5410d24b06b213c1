import { type Message, NEVER_EXPIRES } from '../../core/message.ts'
import { messageSize } from '../../core/message-codec.ts'
import type { RetainedStore } from '../../ports/store.ts'
import type { RetainedLimits } from '../memory-retained.ts'
import { messageCodec } from '../store-values.ts'
import type { Cleaning } from './cleaning.ts'
import { fullPages } from './full-pages.ts'
import type { RedisCalls } from './redis-calls.ts'
import { bytesIn, bytesOf, listIn, valueOf } from './replies.ts'
import { retainedFilter } from './retained-filter.ts'
import { findRetainedScript } from './scripts/find-retained-script.ts'
import { matchRetainedScript } from './scripts/match-retained-script.ts'
import { putRetainedScript } from './scripts/put-retained-script.ts'
import { removeRetainedScript } from './scripts/remove-retained-script.ts'

/** Of one step of a search: some 1 ms of Redis at the most. */
const NAMES_AT_ONCE = 2_000
const MATCHES_AT_ONCE = 100
const BYTES_AT_ONCE = 1024 * 1024

/** Retained messages in Redis. Those that have expired make room for others, and go in the background. */
export class RedisRetained implements RetainedStore {
  readonly #calls: RedisCalls
  readonly #cleaning: Cleaning
  readonly #limits: RetainedLimits

  constructor(calls: RedisCalls, cleaning: Cleaning, limits: RetainedLimits) {
    this.#calls = calls
    this.#cleaning = cleaning
    this.#limits = limits
  }

  async put(message: Message): Promise<void> {
    const { retainedMessagesMax, retainedBytesMax } = this.#limits
    const expiresAt = message.expiresAtMs === NEVER_EXPIRES ? '' : message.expiresAtMs
    const bytes = bytesOf(messageCodec, message)
    const bytesMax = retainedBytesMax === Infinity ? 'inf' : retainedBytesMax
    const args = [message.topicName, bytes, expiresAt, retainedMessagesMax, bytesMax]
    await this.#calls.sure(putRetainedScript, args, 'acknowledged')
  }

  async remove(topicName: string): Promise<void> {
    await this.#calls.sure(removeRetainedScript, [topicName], 'acknowledged')
  }

  match(topicFilter: string, nowMs: number): AsyncIterable<readonly Message[]> {
    return fullPages(this.#walk(topicFilter, nowMs), messageSize)
  }

  async *#walk(topicFilter: string, nowMs: number): AsyncGenerator<readonly Message[], void, undefined> {
    for await (const page of this.#found(topicFilter)) {
      const messages = page.map(bytes => valueOf(messageCodec, bytesIn(bytes)))
      const kept = messages.filter(message => !message.expired(nowMs))
      if (kept.length < messages.length) this.#cleaning.begin()
      yield kept
    }
  }

  async *#found(topicFilter: string): AsyncGenerator<readonly unknown[], void, undefined> {
    const filter = retainedFilter(topicFilter)
    if (filter === undefined) return yield listIn(await this.#calls.sure(findRetainedScript, [topicFilter]))
    const { parts, to } = filter
    let { from } = filter
    while (from.length > 0) {
      const args = [from, to, NAMES_AT_ONCE, MATCHES_AT_ONCE, BYTES_AT_ONCE, ...parts]
      const [next, ...page] = listIn(await this.#calls.sure(matchRetainedScript, args))
      yield page
      from = bytesIn(next)
    }
  }
}
