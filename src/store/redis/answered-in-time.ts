import type { Clock, Timer } from '../../ports/clock.ts'
import { OutOfReach } from './redis-errors.ts'

const ANSWER_MS = 750
/**
 * The wait is one for each of so many turns of the event loop at the least: in a process that was held up, timers run
 * before the answers that have come meanwhile are read, and a timer alone would take a busy process for a Redis that is
 * away.
 */
const TURNS = 5

/** The answer to a call that somebody waits for who can do without it; rejects with {@link OutOfReach} when it is late. */
export function answeredInTime<Answer>(clock: Clock, call: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let timer: Timer
    const wait = (turns: number): void => {
      timer = clock.after(ANSWER_MS / TURNS, () => {
        if (turns === 1) reject(new OutOfReach('it did not answer in time'))
        else wait(turns - 1)
      })
    }
    wait(TURNS)
    call.finally(() => timer.cancel()).then(resolve, reject)
  })
}
