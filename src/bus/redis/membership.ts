import { BrokerError } from '../../core/errors.ts'
import type { WorkerAddress } from '../../ports/bus.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { background, type Log } from '../../ports/telemetry.ts'
import { BEAT, BURIED_KEY, BURY, ESTATES_KEY, LEAVE, SETTLE, WORKERS_KEY } from './membership-scripts.ts'

/** How long a dead worker is remembered, so that it learns of it should it come back. */
const REMEMBERED_MS = 3_600_000
/** How long the care for the sessions of a dead worker may take before another one tries. */
const ESTATE_MS = 30_000
const KEYS = [WORKERS_KEY, BURIED_KEY, ESTATES_KEY] as const

/** Runs a script of the cluster in Redis. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>

/** Whoever wants to know who is there. */
export interface MembershipOwner {
  /** The workers that Redis knows of, after each heartbeat. */
  alive(workers: readonly WorkerAddress[]): void
  /** A worker is dead or has left: it never comes back. Said at least once. */
  gone(worker: WorkerAddress): void
  /** The others have taken this worker for dead. */
  buried(): void
  /** Takes care of what a dead worker has left. */
  estate(worker: WorkerAddress): Promise<void>
  /** Whether the last heartbeat was answered has changed. */
  heard(answered: boolean): void
}

/** What membership is made of. */
export interface MembershipOptions {
  readonly self: WorkerAddress
  readonly run: RunScript
  readonly heartbeatMs: number
  readonly deadAfterMs: number
  readonly clock: Clock
  readonly log: Log
}

interface Heartbeat {
  readonly nowMs: number
  readonly heardOf: ReadonlyMap<WorkerAddress, number>
  readonly buried: readonly WorkerAddress[]
  readonly estate: WorkerAddress
}

/**
 * Who belongs to the cluster, by heartbeats in Redis and by its clock. Silent workers are buried by those that have been
 * heard without a gap for as long as silence takes: so a restart of Redis, which silences all, buries nobody who comes back
 * in time. Whoever is buried stays so, and is told when it comes back.
 */
export class Membership {
  readonly #options: MembershipOptions
  readonly #owner: MembershipOwner
  /** Known to be alive: address, and when it was heard of last. */
  readonly #known = new Map<WorkerAddress, number>()
  #buried = new Set<WorkerAddress>()
  #timer: Timer | undefined = undefined
  #beating = false
  #answered = false
  #over = false
  #lastMs = 0
  #steadySinceMs = 0

  constructor(options: MembershipOptions, owner: MembershipOwner) {
    this.#options = options
    this.#owner = owner
  }

  /** Whether a worker is known to be dead. */
  isBuried(worker: WorkerAddress): boolean {
    return this.#buried.has(worker)
  }

  /** Beats from now on. */
  start(): void {
    const { clock, heartbeatMs } = this.#options
    this.#timer ??= clock.every(heartbeatMs, () => this.beat())
    this.beat()
  }

  /** Beats now, unless a heartbeat is under way. */
  beat(): void {
    if (this.#beating || this.#over) return
    this.#beating = true
    background(this.#options.log, 'heartbeat', this.#beat())
  }

  /** A worker has spoken, which Redis may know nothing of: silence counts from now on. */
  met(worker: WorkerAddress): void {
    if (!this.#known.has(worker)) this.#known.set(worker, this.#lastMs)
  }

  /** A worker is known to be dead, however short it has been silent. */
  bury(worker: WorkerAddress): void {
    background(this.#options.log, 'bury', this.#bury(worker, Number.MAX_SAFE_INTEGER))
  }

  /** A worker has said that it leaves. */
  left(worker: WorkerAddress): void {
    this.#gone(worker)
  }

  /** Takes this worker off; resolves also when Redis is away, where silence says the same later. */
  async leave(): Promise<void> {
    this.#stop()
    try {
      await this.#run(LEAVE, this.#options.self)
    } catch (error) {
      this.#options.log.debug('left without telling Redis', { why: String(error) })
    }
  }

  #stop(): void {
    this.#over = true
    this.#timer?.cancel()
  }

  async #beat(): Promise<void> {
    try {
      const { self } = this.#options
      const heartbeat = readHeartbeat(await this.#run(BEAT, self, REMEMBERED_MS, ESTATE_MS))
      if (this.#over) return
      if (heartbeat === 'buried') this.#isBuried()
      else await this.#heard(heartbeat)
    } catch (error) {
      this.#options.log.debug('heartbeat not answered', { why: String(error) })
      this.#setAnswered(false)
    } finally {
      this.#beating = false
    }
  }

  async #heard({ nowMs, heardOf, buried, estate }: Heartbeat): Promise<void> {
    const lastMs = this.#lastMs
    this.#lastMs = nowMs
    // Nobody remembers whoever is away for longer than that, and everybody has gone on without it.
    if (lastMs > 0 && nowMs - lastMs >= REMEMBERED_MS) return this.#isBuried()
    if (nowMs < lastMs || nowMs - lastMs > this.#gapMs) this.#steadySinceMs = nowMs
    for (const worker of buried) if (!this.#buried.has(worker)) this.#gone(worker)
    this.#buried = new Set(buried)
    for (const [worker, heardMs] of heardOf) this.#known.set(worker, heardMs)
    this.#owner.alive([...heardOf.keys()])
    this.#setAnswered(true)
    await this.#burySilent(nowMs)
    if (estate !== '') background(this.#options.log, 'estate', this.#care(estate))
  }

  /** Of those that Redis has lost with its data, the last that was heard counts. */
  async #burySilent(nowMs: number): Promise<void> {
    const { self, deadAfterMs } = this.#options
    if (nowMs - this.#steadySinceMs < deadAfterMs) return
    for (const [worker, heardMs] of this.#known) {
      if (worker !== self && nowMs - heardMs >= deadAfterMs) await this.#bury(worker, nowMs - deadAfterMs)
    }
  }

  async #bury(worker: WorkerAddress, heardBeforeMs: number): Promise<void> {
    const buried = await this.#run(BURY, worker, heardBeforeMs)
    if (buried !== 1) return
    this.#options.log.warn('worker was taken for dead', { peer: worker })
    this.#gone(worker)
  }

  #gone(worker: WorkerAddress): void {
    this.#buried.add(worker)
    this.#known.delete(worker)
    this.#owner.gone(worker)
  }

  #isBuried(): void {
    this.#stop()
    this.#owner.buried()
  }

  async #care(estate: WorkerAddress): Promise<void> {
    await this.#owner.estate(estate)
    await this.#options.run(SETTLE, [ESTATES_KEY], [estate])
  }

  /** One heartbeat may be late; a longer gap, and others may have been silent for the same reason. */
  get #gapMs(): number {
    return Math.min(2 * this.#options.heartbeatMs, this.#options.deadAfterMs / 2)
  }

  #run(script: string, ...args: readonly (string | number)[]): Promise<unknown> {
    return this.#options.run(script, KEYS, args)
  }

  #setAnswered(answered: boolean): void {
    if (this.#answered === answered) return
    this.#answered = answered
    this.#owner.heard(answered)
  }
}

function readHeartbeat(reply: unknown): Heartbeat | 'buried' {
  if (!Array.isArray(reply)) throw unreadable()
  const [nowMs, workers, buried, estate]: readonly unknown[] = reply
  if (nowMs === 0) return 'buried'
  if (typeof nowMs !== 'number' || !isTexts(workers) || !isTexts(buried) || typeof estate !== 'string')
    throw unreadable()
  const heardOf = new Map<WorkerAddress, number>()
  for (let index = 0; index + 1 < workers.length; index += 2) {
    heardOf.set(workers[index] ?? '', Number(workers[index + 1]))
  }
  return { nowMs, heardOf, buried, estate }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

function unreadable(): BrokerError {
  return new BrokerError('BUS_PROTOCOL', 'Redis answered a heartbeat with something else')
}
