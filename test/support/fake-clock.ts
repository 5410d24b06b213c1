import type { Clock, Random, Timer } from '../../src/ports/clock.ts'

interface Due {
  atMs: number
  readonly order: number
  readonly intervalMs: number | undefined
  readonly task: () => void
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs: number
  #order = 0
  readonly #due = new Set<Due>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  /** Timers that are still to run. */
  get pendingTimers(): number {
    return this.#due.size
  }

  /** How far away the next timer is; undefined: none is set. */
  get nextTimerMs(): number | undefined {
    const next = this.#earliest()
    return next === undefined ? undefined : next.atMs - this.#nowMs
  }

  after(delayMs: number, task: () => void): Timer {
    return this.#arm(delayMs, undefined, task)
  }

  every(intervalMs: number, task: () => void): Timer {
    return this.#arm(intervalMs, intervalMs, task)
  }

  /** Moves the time on and runs what becomes due on the way, each task at its own time, in order. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms
    for (let next = this.#earliest(); next !== undefined && next.atMs <= endMs; next = this.#earliest()) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      if (next.intervalMs === undefined) this.#due.delete(next)
      else next.atMs += Math.max(1, next.intervalMs)
      next.task()
    }
    this.#nowMs = endMs
  }

  /** Moves the time on and all timers with it, as where a busy process is late for each of them. */
  delayTimers(ms: number): void {
    this.#nowMs += ms
    for (const due of this.#due) due.atMs += ms
  }

  #arm(delayMs: number, intervalMs: number | undefined, task: () => void): Timer {
    const due: Due = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, intervalMs, task }
    this.#due.add(due)
    return { cancel: () => void this.#due.delete(due) }
  }

  #earliest(): Due | undefined {
    let earliest: Due | undefined
    for (const due of this.#due) {
      if (
        earliest === undefined ||
        due.atMs < earliest.atMs ||
        (due.atMs === earliest.atMs && due.order < earliest.order)
      ) {
        earliest = due
      }
    }
    return earliest
  }
}

/** Numbers that follow from a seed (mulberry32), so that a run can be repeated. */
export class FakeRandom implements Random {
  #state: number

  constructor(seed = 1) {
    this.#state = seed >>> 0
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  hex(bytes: number): string {
    let text = ''
    for (let i = 0; i < bytes; i++) {
      text += Math.floor(this.fraction() * 256)
        .toString(16)
        .padStart(2, '0')
    }
    return text
  }
}
