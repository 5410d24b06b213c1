import { BoundedQueue } from '../../core/bounded-queue.ts'
import { BrokerError } from '../../core/errors.ts'

/** Lets so many at a time do something; the others wait, in the order in which they came. */
export class Turns {
  #free: number
  readonly #waiting: BoundedQueue<() => void>

  /** One more than `waitingMax` that wait is refused with `STORE_UNAVAILABLE`. */
  constructor(atOnce: number, waitingMax: number) {
    this.#free = atOnce
    this.#waiting = new BoundedQueue(waitingMax)
  }

  /** Resolves when it is the caller's turn, who then gives it back. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve, reject) => {
      if (!this.#waiting.push(resolve)) reject(new BrokerError('STORE_UNAVAILABLE', 'too much waits to be read'))
    })
  }

  /** The turn is over: it is that of the next who waits. */
  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
