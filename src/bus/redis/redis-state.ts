import type { RedisLine } from './redis-line.ts'

type LineState = Pick<RedisLine, 'isWritable' | 'isReadable' | 'fault'>

/** Whether Redis is there: commands are answered, and what others publish arrives. */
export class RedisState {
  /** Resolves when Redis is there for the first time, or is not waited for any more. */
  readonly joined: Promise<void>
  readonly #line: LineState
  readonly #changed: (up: boolean, why: string) => void
  readonly #resolve: () => void
  #heartbeatAnswered = false
  #up: boolean | undefined = undefined
  #closed = false

  /** `changed` is called with each change; why it went away is in words for the log. */
  constructor(line: LineState, changed: (up: boolean, why: string) => void) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.joined = promise
    this.#resolve = resolve
    this.#line = line
    this.#changed = changed
  }

  /** Whether the last heartbeat was answered. */
  heard(answered: boolean): void {
    this.#heartbeatAnswered = answered
    if (answered) this.better()
    else this.broken()
  }

  /** A connection is there, which may have been the last thing missing. */
  better(): void {
    if (!this.#line.isWritable || !this.#line.isReadable || !this.#heartbeatAnswered) return
    this.#resolve()
    this.#set(true)
  }

  /** Something does not hold any more. */
  broken(): void {
    this.#set(false)
  }

  /** Changes are of no interest any more. */
  close(): void {
    this.#closed = true
    this.#resolve()
  }

  #set(up: boolean): void {
    if (up === this.#up || this.#closed) return
    this.#up = up
    this.#changed(up, this.#line.fault)
  }
}
