import { hash } from 'node:crypto'
import { BoundedQueue } from '../core/bounded-queue.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import { IntrospectionCache, type KeptAnswer } from './introspection-cache.ts'
import type { IntrospectionRequest } from './introspection-request.ts'
import { UNAVAILABLE } from './introspection.ts'
import type { IntrospectionAnswer } from './introspection.ts'
import { keptAnswer, NO_ANSWER } from './kept-answer.ts'
import type { IntrospectionModel } from './security-model.ts'
import type { SharedAnswers } from './shared-answers.ts'
import { SharedIntrospection } from './shared-introspection.ts'

export interface RealmIntrospectionParts {
  readonly request: IntrospectionRequest
  readonly clock: Clock
  readonly log: Log
  /** What the nodes of a cluster share; absent: nothing. */
  readonly shared?: SharedAnswers | undefined
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
  readonly #shared: SharedIntrospection | undefined
  readonly #cache = new IntrospectionCache(ENTRIES_MAX)
  readonly #breaker = new CircuitBreaker()
  readonly #asked = new Map<string, Promise<IntrospectionAnswer>>() // by digest, and bounded by what waits and runs
  readonly #waiting = new BoundedQueue<Waiting>(WAITING_MAX)
  readonly #aborts = new Set<AbortController>()

  constructor(realm: string, model: IntrospectionModel, parts: RealmIntrospectionParts) {
    this.#realm = realm
    this.#model = model
    this.#parts = parts
    const { shared, clock } = parts
    this.#shared = shared === undefined ? undefined : new SharedIntrospection(model, shared, clock)
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
      if (this.#parts.clock.nowMs() >= next.untilMs) this.#answered(next, UNAVAILABLE)
      else void this.#find(next) // never rejects
    }
  }

  /** Takes the answer of another node, or asks the endpoint. */
  async #find(waiting: Waiting): Promise<void> {
    const { token, digest } = waiting
    const abort = new AbortController()
    this.#aborts.add(abort)
    const request = (): Promise<KeptAnswer> => this.#request(token, abort)
    const kept = await (this.#shared?.obtain(digest, request) ?? request())
    const useful = kept.answer.kind === 'unavailable' ? await this.#standIn(digest) : kept
    if (useful !== undefined) this.#cache.keep(digest, useful)
    this.#aborts.delete(abort)
    this.#answered(waiting, kept.answer)
    this.#startNext()
  }

  /** Never rejects. */
  async #request(token: string, abort: AbortController): Promise<KeptAnswer> {
    const { clock, request, log } = this.#parts
    const askedAtMs = clock.nowMs()
    if (!this.#breaker.allows(askedAtMs)) return NO_ANSWER
    const deadline = clock.after(REQUEST_MS, () => abort.abort())
    this.requests++
    try {
      const answer = await request(token, abort.signal)
      this.#breaker.succeeded()
      return keptAnswer(answer, askedAtMs, this.#model)
    } catch (error) {
      this.failures++
      this.#breaker.failed(clock.nowMs())
      log.warn('introspection failed', {
        realm: this.#realm,
        cause: error instanceof Error ? error.message : 'unknown',
      })
      return NO_ANSWER
    } finally {
      deadline.cancel()
    }
  }

  /** What another node was told, where an earlier answer may stand in for the endpoint. */
  async #standIn(digest: string): Promise<KeptAnswer | undefined> {
    return this.#model.whenUnavailable === 'stale' ? await this.#shared?.last(digest) : undefined
  }

  #answered({ digest, resolve }: Waiting, answer: IntrospectionAnswer): void {
    this.#asked.delete(digest)
    resolve(answer)
  }
}
