import type { Message } from '../../core/message.ts'
import type { StoredBody } from './stored-body.ts'

/** Entries that no longer keep a message are swept out once there are this many more than those that do. */
const SWEEP_SLACK = 1024

/** The newest messages in memory, so that what is delivered at once is not read from the disk; the oldest make room. */
export class BodyCache {
  readonly #bytesMax: number
  /** Oldest first, from the start index on; some may have lost their message already. */
  #bodies: StoredBody[] = []
  #start = 0
  #kept = 0
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  keep(body: StoredBody, message: Message): void {
    body.message = message
    this.#bodies.push(body)
    this.#kept++
    this.#bytes += body.length
    while (this.#bytes > this.#bytesMax) this.#dropOldest()
    if (this.#bodies.length > this.#kept * 2 + SWEEP_SLACK) this.#sweep()
  }

  /** Nobody will ask for it any more. */
  drop(body: StoredBody): void {
    if (body.message === undefined) return
    body.message = undefined
    this.#kept--
    this.#bytes -= body.length
  }

  #dropOldest(): void {
    const oldest = this.#bodies[this.#start]
    if (oldest === undefined) return
    this.#start++
    this.drop(oldest)
  }

  #sweep(): void {
    this.#bodies = this.#bodies.filter((body, index) => index >= this.#start && body.message !== undefined)
    this.#start = 0
  }
}
