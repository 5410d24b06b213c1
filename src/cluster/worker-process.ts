import cluster, { type Worker } from 'node:cluster'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Counters } from '../core/counters.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { ListenerIdentity } from '../ports/connection.ts'
import type { KeySetSnapshot } from '../ports/key-sets.ts'
import { fromWorker, type ToPrimary, type ToWorker } from './control-messages.ts'

const COUNT_WAIT_MS = 2_000
const SECURITY_WAIT_MS = 10_000

/** What the primary does when a worker speaks or ends. */
export interface WorkerOwner {
  said(worker: WorkerProcess, message: ToPrimary): void
  ended(worker: WorkerProcess, how: string): void
}

/** One worker as the primary sees it. */
export class WorkerProcess {
  readonly number: number
  readonly address: WorkerAddress
  readonly forkedAtMs: number
  /** Known once its listeners are open. */
  listeners: readonly ListenerIdentity[] | undefined = undefined
  /** Whether it takes part in the bus. */
  prepared = false
  /** Whether it can reach Redis; undefined: it does not know yet, or there is none. */
  redisUp: boolean | undefined = undefined
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #counts = new Map<number, (counters: Readonly<Counters> | undefined) => void>()
  readonly #takings = new Map<number, () => void>()
  #lastId = 0

  constructor(node: string, number: number, clock: Clock, owner: WorkerOwner) {
    this.number = number
    this.address = `${node}/${number}`
    this.#clock = clock
    this.forkedAtMs = clock.nowMs()
    this.#worker = cluster.fork()
    this.#worker.on('message', (message: unknown) => this.#heard(fromWorker(message), owner))
    this.#worker.once('exit', (code, signal) => {
      for (const id of this.#takings.keys()) this.#taken(id)
      owner.ended(this, signal ?? `status ${code}`)
    })
    // Without a listener, a message to a worker that is just ending would end the primary.
    this.#worker.on('error', () => {})
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0
  }

  /** A worker that has ended is not told any more. */
  tell(message: ToWorker): void {
    if (this.#worker.isConnected()) this.#worker.send(message)
  }

  /** What the worker has counted, or undefined when it does not answer in time. */
  count(): Promise<Readonly<Counters> | undefined> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      const timer = this.#clock.after(COUNT_WAIT_MS, () => this.#counted(id, undefined))
      this.#counts.set(id, counters => {
        timer.cancel()
        resolve(counters)
      })
      this.tell({ kind: 'count', id })
    })
  }

  /** Resolves when the worker lets clients in by this configuration; or when it does not say so in time. */
  replaceSecurity(security: SecurityModel, keySets: readonly KeySetSnapshot[]): Promise<void> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      const timer = this.#clock.after(SECURITY_WAIT_MS, () => this.#taken(id))
      this.#takings.set(id, () => {
        timer.cancel()
        resolve()
      })
      this.tell({ kind: 'security', id, security, keySets })
    })
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL')
  }

  #heard(message: ToPrimary, owner: WorkerOwner): void {
    if (message.kind === 'counted') this.#counted(message.id, message.counters)
    else if (message.kind === 'security-taken') this.#taken(message.id)
    else owner.said(this, message)
  }

  #counted(id: number, counters: Readonly<Counters> | undefined): void {
    this.#counts.get(id)?.(counters)
    this.#counts.delete(id)
  }

  #taken(id: number): void {
    this.#takings.get(id)?.()
    this.#takings.delete(id)
  }
}
