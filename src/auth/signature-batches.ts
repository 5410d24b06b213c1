import type { VerificationKey } from './key-set.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'
import type { EndOfTick, Flushable } from '../core/end-of-tick.ts'
import type { Log } from '../ports/telemetry.ts'

/** One signature to verify. */
export interface SignatureTask {
  readonly compact: string
  readonly algorithm: SignatureAlgorithm
  readonly key: VerificationKey
}

/** What came of it; `key_unsuitable`: the key could not be imported. */
export type SignatureResult = 'valid' | 'bad_signature' | 'key_unsuitable' | 'internal'

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

/**
 * Gathers the signatures of a tick into one task of the pool, for a task costs more than a verification. While the
 * pool is busy the next batch grows. How many wait is bounded by the caller.
 */
export class SignatureBatches implements Flushable {
  readonly #pool: SignaturePool
  readonly #endOfTick: EndOfTick
  readonly #log: Log
  #waiting: Waiting[] = []
  #running = 0
  #flushComes = false

  constructor(pool: SignaturePool, endOfTick: EndOfTick, log: Log) {
    this.#pool = pool
    this.#endOfTick = endOfTick
    this.#log = log
  }

  /** Never rejects: a batch that was lost is `internal` for each of its tokens. */
  verify(task: SignatureTask): Promise<SignatureResult> {
    return new Promise(resolve => {
      this.#waiting.push({ task, resolve })
      if (this.#flushComes) return
      this.#flushComes = true
      this.#endOfTick.add(this)
    })
  }

  flush(): void {
    this.#flushComes = false
    this.#startBatches()
  }

  #startBatches(): void {
    while (this.#waiting.length > 0 && this.#running < this.#pool.concurrency) {
      const batch = this.#waiting.slice(0, BATCH_MAX)
      this.#waiting = this.#waiting.slice(BATCH_MAX)
      this.#running++
      void this.#run(batch) // never rejects
    }
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
