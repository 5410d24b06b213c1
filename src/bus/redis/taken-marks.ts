import type { BrokerError } from '../../core/errors.ts'

interface Mark {
  readonly number: number
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (why: BrokerError) => void
}

const NOTHING_WAITS: Promise<void> = Promise.resolve()

/** Promises that a batch has been acknowledged: one for all that wait for the same batch. */
export class TakenMarks {
  /** In the order of their numbers. */
  readonly #marks: Mark[] = []
  /** For the batch that is still being gathered. */
  #gathering: PromiseWithResolvers<void> | undefined = undefined

  /** Resolves when batch `number` was acknowledged. */
  at(number: number): Promise<void> {
    const last = this.#marks.at(-1)
    if (last !== undefined && last.number >= number) return last.promise
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#marks.push({ number, promise, resolve, reject })
    return promise
  }

  /** Resolves when the batch that is being gathered was acknowledged. */
  whenGathered(): Promise<void> {
    this.#gathering ??= Promise.withResolvers<void>()
    return this.#gathering.promise
  }

  /** What was being gathered ends with batch `number`. */
  gathered(number: number): void {
    if (this.#gathering === undefined) return
    this.#marks.push({ number, ...this.#gathering })
    this.#gathering = undefined
  }

  /** Everything up to batch `number` was acknowledged. */
  acknowledged(number: number): void {
    let passed = 0
    for (const mark of this.#marks) {
      if (mark.number > number) break
      mark.resolve()
      passed++
    }
    if (passed > 0) this.#marks.splice(0, passed)
  }

  /** Nobody will acknowledge any more, for the peer is gone. */
  giveUp(): void {
    this.#gathering?.resolve()
    this.#gathering = undefined
    for (const mark of this.#marks.splice(0)) mark.resolve()
  }

  /** What was not acknowledged is lost, and the peer is there still. */
  refuse(why: BrokerError): void {
    this.#gathering?.reject(why)
    this.#gathering = undefined
    for (const mark of this.#marks.splice(0)) mark.reject(why)
  }

  /** Nothing is waited for. */
  static readonly none: Promise<void> = NOTHING_WAITS
}
