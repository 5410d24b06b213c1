import type { Clock } from '../ports/clock.ts'

/** The result of `promise`, or after `waitMs` that of `otherwise`, whichever is first. */
export function within<T>(clock: Clock, waitMs: number, promise: Promise<T>, otherwise: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(waitMs, () => resolve(otherwise()))
    promise.finally(() => timer.cancel()).then(resolve, reject)
  })
}
