import type { Clock, Random, Timer } from '../ports/clock.ts'
import type { SharedCache } from '../ports/shared-cache.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { Seal } from './cluster-seal.ts'

/** What is asked of an authorization server, and how its answer is shared. */
export interface SharedQuestion<Answer> {
  /** From {@link SharedAnswers.nameOf}. */
  readonly name: string
  /** The answer that an entry holds, checked as if a server had given it; undefined: it is of no use here. */
  accept(value: Buffer): Answer | undefined
  /** Asks the server; what it rejects with goes to whoever asked. */
  ask(): Promise<Answer>
  /** Undefined: this answer is for nobody else. */
  entryOf(answer: Answer): SharedEntry | undefined
}

/** An answer as the nodes share it. */
export interface SharedEntry {
  readonly value: Buffer
  readonly untilMs: number
}

export interface SharedAnswersParts {
  readonly cache: SharedCache
  readonly seal: Seal
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

type Turn<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'ask'; readonly locked: boolean }

const HOLDER_BYTES = 8
/** A node that dies while it asks is waited for as long as this. */
const LOCK_MS = 1_000
const LOCK_AGAIN_MS = 300
/** Whoever asks, for however long it does, nobody is waited for longer than this. */
const WAIT_MS = 4_000
const PAUSE_FIRST_MS = 10
const PAUSE_MAX_MS = 150
/** A cache that could not be reached is left alone for this long. */
const AWAY_MS = 1_000
const REFUSED_SAID_MS = 60_000
const ALONE = { kind: 'ask', locked: false } as const

/**
 * Asks each question once for all nodes: one of them asks the server, under a lock that ends by itself, and the others
 * take its answer from the cache. While the cache cannot be reached, each node asks for itself. An entry that no node of
 * this cluster has sealed counts as none.
 */
export class SharedAnswers {
  /** Answers that were taken from the cache. */
  hits = 0
  /** Entries that were refused. */
  refused = 0
  /** Times that the cache could not be reached. */
  failures = 0
  readonly #parts: SharedAnswersParts
  readonly #holder: string
  #awayUntilMs = 0
  #refusedSaidMs = Number.NEGATIVE_INFINITY

  constructor(parts: SharedAnswersParts) {
    this.#parts = parts
    this.#holder = parts.random.hex(HOLDER_BYTES)
  }

  /** The name of an entry, which tells nothing of these parts. */
  nameOf(...parts: readonly string[]): string {
    return this.#parts.seal.nameOf(...parts)
  }

  /** The answer from the cache, or from the server; whoever else asks meanwhile waits for that. */
  async once<Answer>(question: SharedQuestion<Answer>): Promise<Answer> {
    const turn = await this.#turn(question)
    if (turn.kind === 'answered') return turn.answer
    const holding = turn.locked ? this.#hold(question.name) : undefined
    try {
      const answer = await question.ask()
      const entry = question.entryOf(answer)
      if (entry !== undefined) this.put(question.name, entry)
      return answer
    } finally {
      holding?.cancel()
      if (turn.locked) this.#unlock(question.name)
    }
  }

  /** What the cache has; undefined: nothing that `accept` takes, or it cannot be reached. Never rejects. */
  async find<Answer>(name: string, accept: (value: Buffer) => Answer | undefined): Promise<Answer | undefined> {
    return await this.#reached(() => this.#find(name, accept), undefined)
  }

  /** Shares an answer in the background; where the cache cannot be reached it is not shared. */
  put(name: string, { value, untilMs }: SharedEntry): void {
    const { cache, seal, clock, log } = this.#parts
    const lifetimeMs = Math.floor(untilMs - clock.nowMs())
    if (lifetimeMs <= 0) return
    const put = (): Promise<void> => cache.put(name, seal.seal(name, value, untilMs), lifetimeMs)
    background(log, 'share an answer', this.#reached(put, undefined))
  }

  #turn<Answer>(question: SharedQuestion<Answer>): Promise<Turn<Answer>> {
    return this.#reached<Turn<Answer>>(() => this.#waitForTurn(question), ALONE)
  }

  async #waitForTurn<Answer>(question: SharedQuestion<Answer>): Promise<Turn<Answer>> {
    const { cache, clock } = this.#parts
    const { name } = question
    const endMs = clock.nowMs() + WAIT_MS
    for (let pauseMs = PAUSE_FIRST_MS; ; pauseMs = Math.min(PAUSE_MAX_MS, pauseMs * 2)) {
      const answer = await this.#find(name, value => question.accept(value))
      if (answer !== undefined) return { kind: 'answered', answer }
      if (await cache.lock(name, this.#holder, LOCK_MS)) return await this.#firstLook(question)
      if (clock.nowMs() >= endMs) return ALONE
      await new Promise<void>(resolve => void clock.after(pauseMs, resolve))
    }
  }

  /** Whoever had the lock before may have answered between our look and our lock. */
  async #firstLook<Answer>(question: SharedQuestion<Answer>): Promise<Turn<Answer>> {
    const answer = await this.#find(question.name, value => question.accept(value))
    if (answer === undefined) return { kind: 'ask', locked: true }
    this.#unlock(question.name)
    return { kind: 'answered', answer }
  }

  async #find<Answer>(name: string, accept: (value: Buffer) => Answer | undefined): Promise<Answer | undefined> {
    const { cache, seal, clock } = this.#parts
    const sealed = await cache.get(name)
    if (sealed === undefined) return undefined
    const opened = seal.open(name, sealed, clock.nowMs())
    if (opened === undefined) {
      this.#refuse()
      return undefined
    }
    const answer = accept(opened.value)
    if (answer !== undefined) this.hits++
    return answer
  }

  #refuse(): void {
    const { clock, log } = this.#parts
    this.refused++
    if (clock.nowMs() - this.#refusedSaidMs < REFUSED_SAID_MS) return
    this.#refusedSaidMs = clock.nowMs()
    log.warn(
      'an entry of the shared cache was refused: no node with this GUARDBEE_CLUSTER_SECRET has put it there, or it is past its end',
    )
  }

  /** Keeps the lock while the server takes its time. */
  #hold(name: string): Timer {
    const { cache, clock, log } = this.#parts
    const lock = (): Promise<boolean> => cache.lock(name, this.#holder, LOCK_MS)
    return clock.every(LOCK_AGAIN_MS, () => background(log, 'keep a lock', this.#reached(lock, false)))
  }

  #unlock(name: string): void {
    const { cache, log } = this.#parts
    background(
      log,
      'free a lock',
      this.#reached(() => cache.unlock(name, this.#holder), undefined),
    )
  }

  async #reached<Result>(call: () => Promise<Result>, otherwise: Result): Promise<Result> {
    const { clock, log } = this.#parts
    if (clock.nowMs() < this.#awayUntilMs) return otherwise
    try {
      return await call()
    } catch (error) {
      this.failures++
      this.#awayUntilMs = clock.nowMs() + AWAY_MS
      log.debug('shared cache not reached', { why: error instanceof Error ? error.message : 'unknown' })
      return otherwise
    }
  }
}
