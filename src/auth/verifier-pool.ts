import { fileURLToPath } from 'node:url'
import { FixedQueue, Piscina } from 'piscina'
import { within } from './within.ts'
import type { SignaturePool, SignatureResult, SignatureTask } from './signature-batches.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'

// The thread's file lies beside this one: a .ts file when run from the sources, a .js file once built.
const THREAD_FILE = fileURLToPath(
  new URL(`./token-verifier-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)
/** A batch takes some 10 ms; a thread that has not answered by then is ended and another one started. */
const BATCH_TIMEOUT_MS = 10_000
const DESTROY_TIMEOUT_MS = 5_000

/** Verifies signatures in threads of their own, so that a storm of tokens does not hold up messages. */
export class VerifierPool implements SignaturePool {
  readonly concurrency: number
  readonly #clock: Clock
  readonly #piscina: Piscina<readonly SignatureTask[], readonly SignatureResult[]>

  constructor(threads: number, clock: Clock, log: Log) {
    this.concurrency = threads
    this.#clock = clock
    this.#piscina = new Piscina({
      filename: THREAD_FILE,
      name: 'verifyBatch',
      minThreads: threads,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      taskQueue: new FixedQueue(), // the default one is shared by all pools of a process
    })
    // A thread that dies between batches, or answers one that was given up, is replaced and nobody waits for it.
    this.#piscina.on('error', error => log.error('verifier thread failed', error))
  }

  async verifyBatch(tasks: readonly SignatureTask[]): Promise<readonly SignatureResult[]> {
    const overdue = new AbortController()
    const timer = this.#clock.after(BATCH_TIMEOUT_MS, () => overdue.abort())
    try {
      return await this.#piscina.run(tasks, { signal: overdue.signal })
    } finally {
      timer.cancel()
    }
  }

  /** Ends the threads; batches that are not done are lost. Resolves after five seconds at the latest. */
  async destroy(): Promise<void> {
    await within(this.#clock, DESTROY_TIMEOUT_MS, this.#piscina.destroy(), () => undefined)
  }
}
