const TICK_MS = 500
const SLOTS = 512

/** Something that ends when its time comes; it has one deadline at a time. */
export interface DeadlineTarget {
  /** Of the wheel alone: the tick of the deadline, 0 while there is none. */
  dueTick: number
  /** The deadline has passed; a later one may be set by returning its time in ms from now, 0 for none. */
  deadlinePassed(): number
}

/**
 * Deadlines of many connections on one timer: setting and cancelling are cheap, and a deadline is kept to within one
 * tick (500 ms). A busy connection does not move its deadline; it is asked when the deadline passes.
 */
export class DeadlineWheel {
  readonly #slots: readonly Set<DeadlineTarget>[] = Array.from({ length: SLOTS }, () => new Set<DeadlineTarget>())
  /** Ticks since the start. Read by connections to note their last activity. */
  tick = 0

  /** Milliseconds between two calls of {@link advance}. */
  static readonly tickMs = TICK_MS

  /** Deadlines that are set. */
  get size(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.size, 0)
  }

  /** Sets the deadline of `target`, in the place of one that it has. */
  set(target: DeadlineTarget, delayMs: number): void {
    this.cancel(target)
    target.dueTick = this.tick + Math.max(1, Math.ceil(delayMs / TICK_MS))
    this.#slotOf(target.dueTick).add(target)
  }

  cancel(target: DeadlineTarget): void {
    if (target.dueTick === 0) return
    this.#slotOf(target.dueTick).delete(target)
    target.dueTick = 0
  }

  /** One tick has passed: runs what is due. */
  advance(): void {
    this.tick++
    for (const target of this.#slotOf(this.tick)) {
      if (target.dueTick > this.tick) continue
      this.cancel(target)
      const againMs = target.deadlinePassed()
      if (againMs > 0) this.set(target, againMs)
    }
  }

  /** Milliseconds since the tick `then`. */
  elapsedMs(then: number): number {
    return (this.tick - then) * TICK_MS
  }

  #slotOf(tick: number): Set<DeadlineTarget> {
    const slot = this.#slots[tick % SLOTS]
    if (slot === undefined) throw new RangeError('a tick is a whole number from 0')
    return slot
  }
}
