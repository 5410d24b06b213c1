import { nowMicroseconds, sleepUntil } from './clock.ts'
import type { Pace } from './plan.ts'

/**
 * Opens `count` things in the order of their numbers at a pace, and calls `open` with the intended start of each.
 * Resolves when all have ended; `open` takes care of its own failures.
 */
export async function openAll(
  count: number,
  pace: Pace,
  open: (index: number, startMicroseconds: number) => Promise<void>,
): Promise<void> {
  if ('ratePerSecond' in pace) await openAtRate(count, pace.ratePerSecond, open)
  else await openAtOnce(count, pace.window, open)
}

async function openAtOnce(
  count: number,
  window: number,
  open: (index: number, startMicroseconds: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const index = next
      next += 1
      await open(index, nowMicroseconds())
    }
  }
  await Promise.all(Array.from({ length: Math.min(window, count) }, lane))
}

async function openAtRate(
  count: number,
  ratePerSecond: number,
  open: (index: number, startMicroseconds: number) => Promise<void>,
): Promise<void> {
  const start = nowMicroseconds()
  const opened: Promise<void>[] = []
  for (let index = 0; index < count; index += 1) {
    const intended = start + (index * 1_000_000) / ratePerSecond
    if (intended > nowMicroseconds()) await sleepUntil(intended)
    opened.push(open(index, intended))
  }
  await Promise.all(opened)
}
