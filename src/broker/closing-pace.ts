import type { Clock } from '../ports/clock.ts'

/** Asked before each client is closed, when `closed` of `clients` are: what to wait for; undefined: nothing. */
export type ClosingPace = (closed: number, clients: number) => Promise<void> | undefined

const CLOSED_AT_ONCE = 100

/**
 * Closes clients at a steady rate, all of them within `durationMs` from now; 0: as fast as `nextTurn` lets others have
 * their turn in between. When it is behind, as after a busy second, it catches up.
 */
export function steadyPace(durationMs: number, clock: Clock, nextTurn: () => Promise<void>): ClosingPace {
  const begunAtMs = clock.nowMs()
  return (closed, clients) => {
    const earlyMs = begunAtMs + (durationMs * closed) / clients - clock.nowMs()
    if (earlyMs > 0) return new Promise(resolve => void clock.after(earlyMs, resolve))
    return closed > 0 && closed % CLOSED_AT_ONCE === 0 ? nextTurn() : undefined
  }
}
