import type { Clock, Timer } from '../ports/clock.ts'

/** The time of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, task) => timer(setTimeout(task, delayMs)),
  every: (intervalMs, task) => timer(setInterval(task, intervalMs)),
}

function timer(timeout: NodeJS.Timeout): Timer {
  timeout.unref()
  return { cancel: () => clearTimeout(timeout) }
}
