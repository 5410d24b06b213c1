import type { Clock } from '../../ports/clock.ts'
import { OutOfReach } from './redis-errors.ts'

const ANSWER_MS = 750

/** The answer to a call that somebody waits for who can do without it; rejects with {@link OutOfReach} when it is late. */
export function answeredInTime<Answer>(clock: Clock, call: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(ANSWER_MS, () => reject(new OutOfReach('it did not answer in time')))
    call.finally(() => timer.cancel()).then(resolve, reject)
  })
}
