import type { Counters } from '../core/counters.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { BrokerLimits } from './limits.ts'
import { Hold, type ReadGate } from './read-gate.ts'

/** How much load a worker sheds; each level does what those before it do. */
export const Load = {
  normal: 0,
  /** New connections are refused with 0x89. */
  busy: 1,
  /** QoS 0 messages to clients that do not read fast enough are dropped. */
  shedding: 2,
  /** Publishers are read once per check, and QoS 1 and 2 messages do not wait in memory but are dropped. */
  full: 3,
} as const
export type Load = (typeof Load)[keyof typeof Load]

/** Between two looks at the clock and at what is queued. */
const CHECK_MS = 100
/** The bounds of `busy`, `shedding` and `full` as shares of `queuedBytesMax`, and as multiples of `lagMsMax`. */
const QUEUED_SHARES = [0.5, 0.75, 1]
const LAG_FACTORS = [1, 2, 4]
/** A level is left when this share of its bound is reached, so that the load does not swing around it. */
const LEFT_AT_SHARE = 0.8

/** What the load guard works with. */
export interface LoadGuardParts {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly limits: Pick<BrokerLimits, 'queuedBytesMax' | 'lagMsMax'>
}

/** Knows how loaded this worker is: by what all of its clients have not read, and by how late its timers run. */
export class LoadGuard {
  level: Load = Load.normal
  readonly #parts: LoadGuardParts
  /** Publishers that are read again with the next check. */
  readonly #held = new Set<ReadGate>()
  #timer: Timer | undefined = undefined
  /** With so much queued the next level is reached. */
  #nextLevelBytes = Infinity
  #checkedAtMs = 0
  #lateMs = 0
  /** The highest level of the spell that was logged. */
  #logged: Load = Load.normal

  constructor(parts: LoadGuardParts) {
    this.#parts = parts
  }

  start(): void {
    const { clock } = this.#parts
    this.#checkedAtMs = clock.nowMs()
    this.#setLevel(this.level)
    this.#timer = clock.every(CHECK_MS, () => this.#check())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** The client behind `gate` has published. While the load is full it is not read until the next check. */
  published(gate: ReadGate): void {
    const { bytesPending, bytesWaiting } = this.#parts.counters
    // Between two checks more can be queued than there is room for.
    if (bytesPending + bytesWaiting >= this.#nextLevelBytes) {
      this.#setLevel(higher(this.level, levelOf(this.#queuedShare, 0)))
    }
    if (this.level === Load.full) this.#hold(gate)
  }

  #hold(gate: ReadGate): void {
    if (this.#held.has(gate)) return
    this.#held.add(gate)
    this.#parts.counters.readsHeld++
    gate.hold(Hold.load)
  }

  #check(): void {
    const { clock, limits } = this.#parts
    const nowMs = clock.nowMs()
    const lateMs = Math.max(0, nowMs - this.#checkedAtMs - CHECK_MS)
    // Once may be a process that was stopped, or a collection of garbage.
    const lagMs = Math.min(lateMs, this.#lateMs)
    this.#lateMs = lateMs
    this.#checkedAtMs = nowMs
    const queuedShare = this.#queuedShare
    const lagShare = lagMs / limits.lagMsMax
    const reached = levelOf(queuedShare, lagShare)
    const left = levelOf(queuedShare / LEFT_AT_SHARE, lagShare / LEFT_AT_SHARE)
    this.#setLevel(higher(reached, lower(this.level, left)))
    this.#say(lagMs)
    for (const gate of this.#held) gate.release(Hold.load)
    this.#held.clear()
  }

  get #queuedShare(): number {
    const { counters, limits } = this.#parts
    return (counters.bytesPending + counters.bytesWaiting) / limits.queuedBytesMax
  }

  #setLevel(level: Load): void {
    this.level = level
    this.#nextLevelBytes = (QUEUED_SHARES[level] ?? Infinity) * this.#parts.limits.queuedBytesMax
  }

  #say(lagMs: number): void {
    const { log, counters } = this.#parts
    const { bytesPending, bytesWaiting } = counters
    if (this.level > this.#logged) {
      log.warn('overloaded: load is shed', { level: this.level, lagMs, bytesPending, bytesWaiting })
      this.#logged = this.level
    } else if (this.level === Load.normal && this.#logged !== Load.normal) {
      log.info('no longer overloaded', { highestLevel: this.#logged })
      this.#logged = Load.normal
    }
  }
}

function levelOf(queuedShare: number, lagShare: number): Load {
  let level: Load = Load.normal
  for (const [index, next] of [Load.busy, Load.shedding, Load.full].entries()) {
    if (queuedShare >= (QUEUED_SHARES[index] ?? 1) || lagShare >= (LAG_FACTORS[index] ?? 1)) level = next
  }
  return level
}

function higher(one: Load, other: Load): Load {
  return one > other ? one : other
}

function lower(one: Load, other: Load): Load {
  return one < other ? one : other
}
