import { hash, timingSafeEqual } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { FixedQueue, Piscina } from 'piscina'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { StoredPassword } from './file-realm-model.ts'
import type { PasswordHashTask } from './password-hash.ts'
import { within } from './within.ts'

/** Whether a password is the stored one; `overloaded`: too many wait for an answer already. */
export type PasswordVerdict = 'right' | 'wrong' | 'overloaded'

/** Compares passwords with stored ones. Rejects only for a fault of ours. */
export interface PasswordVerifier {
  verify(password: Buffer, stored: StoredPassword): Promise<PasswordVerdict>
}

// The thread's file lies beside this one: a .ts file when run from the sources, a .js file once built.
const THREAD_FILE = fileURLToPath(
  new URL(`./password-hash.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)
const WAITING_MAX = 1_000
const HASH_TIMEOUT_MS = 30_000
const DESTROY_TIMEOUT_MS = 5_000

/** Hashes passwords in one thread of its own, which is started with the first one. At most 1000 wait. */
export class PasswordPool implements PasswordVerifier {
  readonly #clock: Clock
  readonly #log: Log
  readonly #waitingMax: number
  #piscina: Piscina<PasswordHashTask, Uint8Array> | undefined = undefined
  #waiting = 0

  constructor(clock: Clock, log: Log, waitingMax: number = WAITING_MAX) {
    this.#clock = clock
    this.#log = log
    this.#waitingMax = waitingMax
  }

  async verify(password: Buffer, stored: StoredPassword): Promise<PasswordVerdict> {
    const expected = Buffer.from(stored.hash, 'base64')
    if (stored.algorithm === 'PLAIN') return compared(password, expected)
    if (this.#waiting >= this.#waitingMax) return 'overloaded'
    this.#waiting += 1
    try {
      return compared(await this.#hash(password, stored), expected)
    } finally {
      this.#waiting -= 1
    }
  }

  /** Ends the thread; passwords that are not compared yet are lost. Resolves after five seconds at the latest. */
  async destroy(): Promise<void> {
    const piscina = this.#piscina
    if (piscina !== undefined) await within(this.#clock, DESTROY_TIMEOUT_MS, piscina.destroy(), () => undefined)
  }

  async #hash(password: Buffer, { algorithm, salt, iterations }: StoredPassword): Promise<Uint8Array> {
    this.#piscina ??= this.#started()
    const overdue = new AbortController()
    const timer = this.#clock.after(HASH_TIMEOUT_MS, () => overdue.abort())
    const task = { password, algorithm, salt: Buffer.from(salt, 'base64'), iterations }
    try {
      return await this.#piscina.run(task, { signal: overdue.signal })
    } finally {
      timer.cancel()
    }
  }

  #started(): Piscina<PasswordHashTask, Uint8Array> {
    const piscina = new Piscina<PasswordHashTask, Uint8Array>({
      filename: THREAD_FILE,
      name: 'hashPassword',
      minThreads: 1,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      recordTiming: false,
      taskQueue: new FixedQueue(), // the default one is shared by all pools of a process
    })
    piscina.on('error', error => this.#log.error('password thread failed', error))
    return piscina
  }
}

/** Takes the same time wherever the two differ, and whatever their lengths are. */
function compared(found: Uint8Array, expected: Uint8Array): PasswordVerdict {
  return timingSafeEqual(hash('sha256', found, 'buffer'), hash('sha256', expected, 'buffer')) ? 'right' : 'wrong'
}
