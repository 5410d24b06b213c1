import cluster from 'node:cluster'
import type { Introspections } from '../auth/introspection.ts'
import type { Revocations } from '../auth/revocations.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Counters } from '../core/counters.ts'
import { BackOff } from '../core/back-off.ts'
import { BrokerError } from '../core/errors.ts'
import type { WorkerAddress } from '../ports/bus.ts'
import type { Clock } from '../ports/clock.ts'
import type { ListenerIdentity, TransportKind } from '../ports/connection.ts'
import type { KeySets, KeySetSnapshot } from '../ports/key-sets.ts'
import type { SessionStore } from '../ports/store.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { TlsSetup } from '../transport/tls-setup.ts'
import type { ListenerPorts, ToPrimary, ToWorker, WorkerPlan } from './control-messages.ts'
import type { Drain } from './drain.ts'
import { WorkerProcess } from './worker-process.ts'

const RESTART_FIRST_MS = 100
const RESTART_LONGEST_MS = 30_000
/** A worker that has lived this long was all right: the next restart is quick again. */
const HEALTHY_MS = 60_000
const LEAVE_MS = 10_000
/**
 * A young generation of 8 MiB: in a connect storm the default of 32 MiB is filled once and stays resident, which made
 * 8.8 KB of an idle connection against 5.0 (10,000 of them, one worker), at the same CPU time per connect.
 */
const WORKER_FLAGS = ['--max-semi-space-size=8']

/** What the supervisor works with. */
export interface SupervisorParts {
  readonly node: string
  readonly workers: number
  /** Where Redis is, fit for the log; undefined: this node is alone. */
  readonly redis: string | undefined
  readonly plan: Omit<WorkerPlan, 'address' | 'number' | 'security' | 'keySets' | 'revocations'>
  readonly ports: ListenerPorts
  /** Who is let in now. */
  readonly security: () => SecurityModel
  /** What the encrypted listeners are made of now; undefined: there are none. */
  readonly tls: () => TlsSetup | undefined
  readonly keySets: KeySets & { snapshots(): readonly KeySetSnapshot[] }
  readonly introspections: Introspections
  readonly revocations: Revocations
  /** Undefined: they are in Redis, where the other workers take care of those of a dead one. */
  readonly sessions: SessionStore | undefined
  readonly drain: Drain
  readonly clock: Clock
  readonly log: Log
}

/**
 * Keeps the workers of this node running: brings each through its steps (prepare, join, open), tells all of them who
 * their peers are, and forks a crashed one again after a growing pause. Listeners open once `open` is called.
 */
export class Supervisor {
  readonly #parts: SupervisorParts
  readonly #workers = new Set<WorkerProcess>()
  /** Those that know their peers and may open their listeners. */
  readonly #joined = new Set<WorkerProcess>()
  readonly #restart = new BackOff(RESTART_FIRST_MS, RESTART_LONGEST_MS)
  readonly #opened = Promise.withResolvers<readonly ListenerIdentity[]>()
  readonly #ended = Promise.withResolvers<void>()
  readonly #failure = Promise.withResolvers<never>()
  /** Settled by the first worker to open: the others listen on the same ports. */
  #ports: ListenerPorts
  #opening = false
  /** The first worker is opening, and with it the ports are settled. */
  #first: WorkerProcess | undefined = undefined
  #leaving = false
  #redisAway = false
  #lastNumber = 0

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#ports = parts.ports
  }

  /** Why this node should get no clients; undefined: every worker takes them, and can reach those of the other nodes. */
  get unready(): string | undefined {
    if (this.#leaving) return 'the node is leaving'
    if (this.#redisAway) return 'Redis cannot be reached'
    return this.#open ? undefined : 'not every worker listens yet'
  }

  start(): void {
    cluster.setupPrimary({ execArgv: [...process.execArgv, ...WORKER_FLAGS] })
    for (let worker = 0; worker < this.#parts.workers; worker++) this.#fork()
  }

  /** Rejects with the first failure of a worker; what fails once all listeners are open is only logged. */
  get failure(): Promise<never> {
    return this.#failure.promise
  }

  /** Those that are open in every worker; undefined: none is yet. */
  get listeners(): readonly ListenerIdentity[] | undefined {
    return Array.from(this.#workers).find(worker => worker.listeners !== undefined)?.listeners
  }

  /** Lets the workers open their listeners; resolves when all have. */
  open(): Promise<readonly ListenerIdentity[]> {
    this.#opening = true
    for (const worker of this.#workers) if (this.#joined.has(worker)) this.#openListeners(worker)
    return this.#opened.promise
  }

  /** Tells all workers. */
  tellAll(message: ToWorker): void {
    for (const worker of this.#workers) worker.tell(message)
  }

  /** Has all workers let clients in by another configuration; resolves when they do, or have had ten seconds to. */
  async replaceSecurity(security: SecurityModel, keySets: readonly KeySetSnapshot[]): Promise<void> {
    await Promise.all(Array.from(this.#workers, worker => worker.replaceSecurity(security, keySets)))
  }

  /** What all workers have counted; one that does not answer is left out. */
  async counters(): Promise<readonly Readonly<Counters>[]> {
    const counted = await Promise.all(Array.from(this.#workers, worker => worker.count()))
    return counted.filter(counters => counters !== undefined)
  }

  /**
   * Has the workers disconnect their clients and end, after the delay in which a load balancer notices that the node is not
   * ready; those that have not ended ten seconds after the time for it are killed.
   */
  async leave(): Promise<void> {
    const { clock, drain } = this.#parts
    this.#leaving = true
    if (Array.from(this.#workers).some(worker => worker.listeners !== undefined)) {
      await new Promise<void>(resolve => void clock.after(drain.delayMs, resolve))
    }
    if (this.#workers.size === 0) return
    this.tellAll({ kind: 'leave' })
    const timer = clock.after(drain.durationMs + LEAVE_MS, () => {
      for (const worker of this.#workers) worker.kill()
    })
    await this.#ended.promise
    timer.cancel()
  }

  #fork(): void {
    const { node, clock } = this.#parts
    const worker = new WorkerProcess(node, ++this.#lastNumber, clock, {
      said: (from, message) => this.#said(from, message),
      ended: (from, how) => this.#workerEnded(from, how),
    })
    this.#workers.add(worker)
  }

  #said(worker: WorkerProcess, message: ToPrimary): void {
    switch (message.kind) {
      case 'started':
        return this.#prepare(worker)
      case 'prepared':
        return this.#join(worker)
      case 'joined':
        this.#joined.add(worker)
        if (this.#opening) this.#openListeners(worker)
        return
      case 'opened':
        return this.#listening(worker, message.listeners)
      case 'failed':
        return this.#failed(worker, message.why)
      case 'keys-request':
        return background(this.#parts.log, 'keys request', this.#answerKeys(worker, message))
      case 'introspection-request':
        return background(this.#parts.log, 'introspection request', this.#answerIntrospection(worker, message))
      case 'redis':
        worker.redisUp = message.up
        return this.#watchRedis(message.why)
      case 'security-taken':
      case 'counted':
        return
    }
  }

  #prepare(worker: WorkerProcess): void {
    const { plan, security, keySets, revocations, clock, log } = this.#parts
    const { address, number, pid } = worker
    log.info('worker started', { worker: number, pid })
    const known = { keySets: keySets.snapshots(), revocations: revocations.list(clock.nowMs()) }
    worker.tell({ kind: 'prepare', plan: { ...plan, address, number, security: security(), ...known } })
  }

  #join(worker: WorkerProcess): void {
    worker.prepared = true
    const addresses = this.#addresses()
    for (const other of this.#workers) {
      if (other.prepared) other.tell({ kind: other === worker ? 'join' : 'peers', addresses })
    }
  }

  #openListeners(worker: WorkerProcess): void {
    if (worker.listeners !== undefined) return
    const wantsFreePort = Object.values(this.#ports).includes(0)
    // A free port is found by one worker; the others wait until it is known.
    if (wantsFreePort && this.#first !== undefined && this.#first !== worker) return
    this.#first ??= worker
    worker.tell({ kind: 'open', ports: this.#ports, tls: this.#parts.tls() })
  }

  #listening(worker: WorkerProcess, listeners: readonly ListenerIdentity[]): void {
    worker.listeners = listeners
    const portOf = (transport: TransportKind): number | undefined =>
      listeners.find(one => one.transport === transport)?.port
    this.#ports = {
      mqttPort: portOf('tcp'),
      wsPort: portOf('websocket'),
      tlsPort: portOf('tls'),
      wssPort: portOf('secure-websocket'),
    }
    for (const other of this.#joined) this.#openListeners(other)
    if (this.#open) this.#opened.resolve(listeners)
  }

  /** Says once for all workers when Redis has gone, and when each of them can reach it again. */
  #watchRedis(why: string): void {
    const { log, redis } = this.#parts
    const there = this.#workers.size > 0 && this.#all(worker => worker.redisUp === true)
    const away = !this.#all(worker => worker.redisUp !== false)
    if (away === this.#redisAway || (!away && !there)) return
    this.#redisAway = away
    if (away) log.warn('Redis cannot be reached: trying again', { redis, why })
    else log.info('Redis can be reached again', { redis })
  }

  #failed(worker: WorkerProcess, why: string): void {
    this.#parts.log.error('worker failed', new BrokerError('LISTENER', why), { worker: worker.number })
    this.#failure.reject(new BrokerError('LISTENER', why))
  }

  async #answerKeys(worker: WorkerProcess, request: Extract<ToPrimary, { kind: 'keys-request' }>): Promise<void> {
    const answer = await this.#parts.keySets.refresh(request.realm, request.kid)
    worker.tell({ kind: 'keys-answer', id: request.id, answer })
  }

  async #answerIntrospection(
    worker: WorkerProcess,
    { id, realm, token, knownOnly }: Extract<ToPrimary, { kind: 'introspection-request' }>,
  ): Promise<void> {
    const answer = await this.#parts.introspections.ask(realm, token, knownOnly)
    worker.tell({ kind: 'introspection-answer', id, answer })
  }

  #workerEnded(worker: WorkerProcess, how: string): void {
    const { log, clock, sessions } = this.#parts
    this.#workers.delete(worker)
    this.#joined.delete(worker)
    if (this.#first === worker) this.#first = undefined
    this.#watchRedis('')
    this.tellAll({ kind: 'peers', addresses: this.#addresses() })
    if (sessions !== undefined) background(log, 'abandon sessions', sessions.abandon(worker.address, clock.nowMs()))
    if (this.#leaving) {
      if (this.#workers.size === 0) this.#ended.resolve()
      return
    }
    if (clock.nowMs() - worker.forkedAtMs > HEALTHY_MS) this.#restart.reset()
    const delayMs = this.#restart.nextDelayMs()
    log.warn('worker ended and is forked again', { worker: worker.number, pid: worker.pid, how, delayMs })
    clock.after(delayMs, () => {
      if (!this.#leaving) this.#fork()
    })
  }

  #addresses(): readonly WorkerAddress[] {
    return Array.from(this.#workers)
      .filter(worker => worker.prepared)
      .map(worker => worker.address)
  }

  /** Whether every worker listens. */
  get #open(): boolean {
    return this.#workers.size === this.#parts.workers && this.#all(worker => worker.listeners !== undefined)
  }

  #all(holds: (worker: WorkerProcess) => boolean): boolean {
    return Array.from(this.#workers).every(holds)
  }
}
