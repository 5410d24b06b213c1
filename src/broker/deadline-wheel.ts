const TICK_MS = 500
const SLOTS = 512

/** Something that ends when its time comes. */
export interface DeadlineTarget {
  /** The deadline has passed; a later one may be set by returning its time in ms from now, 0 for none. */
  deadlinePassed(): number
}

/** One deadline; give it to `cancel`. */
export interface Deadline {
  readonly target: DeadlineTarget
  dueTick: number
  slot: Set<Deadline>
}

/**
 * Deadlines of many connections on one timer: setting and cancelling are cheap, and a deadline is kept to within one
 * tick (500 ms). A busy connection does not move its deadline; it is asked when the deadline passes.
 */
export class DeadlineWheel {
  readonly #slots: readonly Set<Deadline>[] = Array.from({ length: SLOTS }, () => new Set<Deadline>())
  /** Ticks since the start. Read by connections to note their last activity. */
  tick = 0

  /** Milliseconds between two calls of {@link advance}. */
  static readonly tickMs = TICK_MS

  /** Deadlines that are set. */
  get size(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.size, 0)
  }

  set(target: DeadlineTarget, delayMs: number): Deadline {
    const dueTick = this.#tickAfter(delayMs)
    const deadline: Deadline = { target, dueTick, slot: this.#slotOf(dueTick) }
    deadline.slot.add(deadline)
    return deadline
  }

  cancel(deadline: Deadline): void {
    deadline.slot.delete(deadline)
  }

  /** One tick has passed: runs what is due. */
  advance(): void {
    this.tick++
    for (const deadline of this.#slotOf(this.tick)) {
      if (deadline.dueTick > this.tick) continue
      deadline.slot.delete(deadline)
      const againMs = deadline.target.deadlinePassed()
      if (againMs > 0) this.#setAgain(deadline, againMs)
    }
  }

  /** Milliseconds since the tick `then`. */
  elapsedMs(then: number): number {
    return (this.tick - then) * TICK_MS
  }

  #setAgain(deadline: Deadline, delayMs: number): void {
    deadline.dueTick = this.#tickAfter(delayMs)
    deadline.slot = this.#slotOf(deadline.dueTick)
    deadline.slot.add(deadline)
  }

  #tickAfter(delayMs: number): number {
    return this.tick + Math.max(1, Math.ceil(delayMs / TICK_MS))
  }

  #slotOf(tick: number): Set<Deadline> {
    const slot = this.#slots[tick % SLOTS]
    if (slot === undefined) throw new RangeError('a tick is a whole number from 0')
    return slot
  }
}
