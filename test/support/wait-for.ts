import { setTimeout as sleep } from 'node:timers/promises'

const DEADLINE_MS = 15_000
const POLL_MS = 10

/**
 * Polls `look` until it gives something other than `undefined` or `false`, and returns that. After the deadline it
 * rejects with `what`, which says what was waited for.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs: number = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + deadlineMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false) return seen
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain for: ${what}`)
    await sleep(POLL_MS)
  }
}

/** Rejects with `what` when `promise` takes longer than the deadline. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs: number = DEADLINE_MS): Promise<T> {
  const over = new AbortController()
  const deadline = sleep(deadlineMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`waited ${deadlineMs} ms in vain for: ${what}`)
  })
  deadline.catch(() => {}) // aborted below, once the race is decided
  try {
    return await Promise.race([promise, deadline])
  } finally {
    over.abort()
  }
}
