import type { VerificationKey } from './key-set.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'
import { BoundedQueue } from '../core/bounded-queue.ts'
import type { EndOfTick, Flushable } from '../core/end-of-tick.ts'
import type { Log } from '../ports/telemetry.ts'

/** One signature to verify. */
export interface SignatureTask {
  readonly compact: string
  readonly algorithm: SignatureAlgorithm
  readonly key: VerificationKey
}

/** What came of it; `key_unsuitable`: the key could not be imported. */
export type SignatureResult = 'valid' | 'bad_signature' | 'key_unsuitable' | 'overloaded' | 'internal'

/** Verifies signatures off the event loop. */
export interface SignaturePool {
  /** Batches that can be worked on at the same time; a further one would only wait. */
  readonly concurrency: number
  /** One result for each task, in their order. Rejects when the batch was lost, never for what is in a token. */
  verifyBatch(tasks: readonly SignatureTask[]): Promise<readonly SignatureResult[]>
}

interface Waiting {
  readonly task: SignatureTask
  readonly resolve: (result: SignatureResult) => void
}

/** Above it the hop to a thread costs next to nothing per token, and the first token waits for the last. */
const BATCH_MAX = 64
const WAITING_MAX = 10_000

/**
 * Gathers the signatures of a tick into one task of the pool, for a task costs more than a verification. While the
 * pool is busy the next batch grows. Each realm has a queue of its own and they are served in turn, so that a flood of
 * tokens of one issuer makes those of another wait for no more than its share. One too many for a queue is `overloaded`.
 */
export class SignatureBatches implements Flushable {
  readonly #pool: SignaturePool
  readonly #endOfTick: EndOfTick
  readonly #log: Log
  readonly #waitingMax: number
  readonly #queues = new Map<string, BoundedQueue<Waiting>>() // by realm, and realms come from the configuration
  #turn = 0
  #running = 0
  #flushComes = false

  constructor(pool: SignaturePool, endOfTick: EndOfTick, log: Log, waitingMax: number = WAITING_MAX) {
    this.#pool = pool
    this.#endOfTick = endOfTick
    this.#log = log
    this.#waitingMax = waitingMax
  }

  /** Never rejects: a batch that was lost is `internal` for each of its tokens. */
  verify(realm: string, task: SignatureTask): Promise<SignatureResult> {
    return new Promise(resolve => {
      if (!this.#queueOf(realm).push({ task, resolve })) return resolve('overloaded')
      if (this.#flushComes) return
      this.#flushComes = true
      this.#endOfTick.add(this)
    })
  }

  /** Forgets the queues of all realms but these, where nothing waits. */
  retain(realms: ReadonlySet<string>): void {
    for (const [realm, { size }] of this.#queues) if (size === 0 && !realms.has(realm)) this.#queues.delete(realm)
  }

  flush(): void {
    this.#flushComes = false
    this.#startBatches()
  }

  #startBatches(): void {
    while (this.#running < this.#pool.concurrency) {
      const batch = this.#nextBatch()
      if (batch.length === 0) return
      this.#running++
      void this.#run(batch) // never rejects
    }
  }

  /** One of each realm in turn, beginning where the batch before has ended. */
  #nextBatch(): readonly Waiting[] {
    const queues = [...this.#queues.values()]
    const batch: Waiting[] = []
    for (let empty = 0; batch.length < BATCH_MAX && empty < queues.length; this.#turn++) {
      const next = queues[this.#turn % queues.length]?.shift()
      if (next === undefined) empty++
      else {
        empty = 0
        batch.push(next)
      }
    }
    return batch
  }

  #queueOf(realm: string): BoundedQueue<Waiting> {
    const known = this.#queues.get(realm)
    if (known !== undefined) return known
    const queue = new BoundedQueue<Waiting>(this.#waitingMax)
    this.#queues.set(realm, queue)
    return queue
  }

  async #run(batch: readonly Waiting[]): Promise<void> {
    let results: readonly SignatureResult[] = []
    try {
      results = await this.#pool.verifyBatch(batch.map(waiting => waiting.task))
    } catch (error) {
      this.#log.error('signature batch failed', error, { tokens: batch.length })
    }
    this.#running--
    batch.forEach(({ resolve }, index) => resolve(results[index] ?? 'internal'))
    this.#startBatches()
  }
}
