import { hash } from 'node:crypto'
import { BoundedQueue } from '../core/bounded-queue.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { IntrospectionCache } from './introspection-cache.ts'
import type { IntrospectionRequest } from './introspection-request.ts'
import { UNAVAILABLE } from './introspection.ts'
import type { IntrospectionAnswer } from './introspection.ts'
import { member } from './json-object.ts'
import type { IntrospectionModel } from './security-model.ts'

export interface RealmIntrospectionParts {
  readonly request: IntrospectionRequest
  readonly clock: Clock
  readonly log: Log
}

/** A token that waits for its turn to be asked about. */
interface Waiting {
  readonly token: string
  readonly digest: string
  /** From then on nobody waits for the answer any more. */
  readonly untilMs: number
  readonly resolve: (answer: IntrospectionAnswer) => void
}

const REQUEST_MS = 5_000
const WAIT_MS = 8_000
const CONCURRENT_MAX = 32
const WAITING_MAX = 4_096
const ENTRIES_MAX = 50_000
const CACHE_SECONDS = 60
const INACTIVE_MS = 10_000
/** How long an answer may stand in for an endpoint that gives none, where that is wanted. */
const STALE_MAX_MS = 60 * 60 * 1000

/**
 * Asks the introspection endpoint of one realm for all workers of the host: each token once at a time, as many at a
 * time as the server can be expected to bear, and not at all while it fails. What is too much is answered as
 * `unavailable`.
 */
export class RealmIntrospection {
  /** Requests that were sent. */
  requests = 0
  /** Requests that brought no answer. */
  failures = 0
  readonly #realm: string
  readonly #model: IntrospectionModel
  readonly #parts: RealmIntrospectionParts
  readonly #cache = new IntrospectionCache(ENTRIES_MAX)
  readonly #breaker = new CircuitBreaker()
  readonly #asked = new Map<string, Promise<IntrospectionAnswer>>() // by digest, and bounded by what waits and runs
  readonly #waiting = new BoundedQueue<Waiting>(WAITING_MAX)
  readonly #aborts = new Set<AbortController>()

  constructor(realm: string, model: IntrospectionModel, parts: RealmIntrospectionParts) {
    this.#realm = realm
    this.#model = model
    this.#parts = parts
  }

  /** See `Introspections.ask`. */
  async ask(token: string, knownOnly = false): Promise<IntrospectionAnswer> {
    const digest = hash('sha256', token, 'base64')
    const kept = this.#cache.find(digest, this.#parts.clock.nowMs())
    if (kept !== undefined && this.#parts.clock.nowMs() < kept.freshUntilMs) return kept.answer
    if (knownOnly) return UNAVAILABLE
    const answer = await this.#askOnce(token, digest)
    if (answer.kind !== 'unavailable') return answer
    const stale = this.#cache.find(digest, this.#parts.clock.nowMs())
    return stale !== undefined && this.#parts.clock.nowMs() < stale.staleUntilMs ? stale.answer : answer
  }

  /** Ends what is under way. */
  close(): void {
    for (const abort of this.#aborts) abort.abort()
  }

  #askOnce(token: string, digest: string): Promise<IntrospectionAnswer> {
    const running = this.#asked.get(digest)
    if (running !== undefined) return running
    const { promise, resolve } = Promise.withResolvers<IntrospectionAnswer>()
    const untilMs = this.#parts.clock.nowMs() + WAIT_MS
    if (!this.#waiting.push({ token, digest, untilMs, resolve })) return Promise.resolve(UNAVAILABLE)
    this.#asked.set(digest, promise)
    this.#startNext()
    return promise
  }

  #startNext(): void {
    while (this.#aborts.size < CONCURRENT_MAX) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      const nowMs = this.#parts.clock.nowMs()
      if (nowMs >= next.untilMs || !this.#breaker.allows(nowMs)) this.#answered(next, UNAVAILABLE)
      else void this.#send(next) // never rejects
    }
  }

  async #send(waiting: Waiting): Promise<void> {
    const { clock, request, log } = this.#parts
    const abort = new AbortController()
    const deadline = clock.after(REQUEST_MS, () => abort.abort())
    this.#aborts.add(abort)
    this.requests++
    let answer = UNAVAILABLE
    try {
      answer = await request(waiting.token, abort.signal)
      this.#breaker.succeeded()
      this.#keep(waiting.digest, answer)
    } catch (error) {
      this.failures++
      this.#breaker.failed(clock.nowMs())
      log.warn('introspection failed', {
        realm: this.#realm,
        cause: error instanceof Error ? error.message : 'unknown',
      })
    } finally {
      deadline.cancel()
      this.#aborts.delete(abort)
    }
    this.#answered(waiting, answer)
    this.#startNext()
  }

  #answered({ digest, resolve }: Waiting, answer: IntrospectionAnswer): void {
    this.#asked.delete(digest)
    resolve(answer)
  }

  #keep(digest: string, answer: IntrospectionAnswer): void {
    const nowMs = this.#parts.clock.nowMs()
    if (answer.kind !== 'active') {
      this.#cache.keep(digest, { answer, freshUntilMs: nowMs + INACTIVE_MS, staleUntilMs: 0 })
      return
    }
    const exp = member(answer.claims, 'exp')
    const expMs = typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
    const stale = this.#model.whenUnavailable === 'stale'
    this.#cache.keep(digest, {
      answer,
      freshUntilMs: Math.min(expMs, nowMs + (this.#model.cacheSeconds ?? CACHE_SECONDS) * 1000),
      staleUntilMs: stale ? Math.min(expMs, nowMs + STALE_MAX_MS) : 0,
    })
  }
}
