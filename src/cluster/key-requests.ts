import type { Clock } from '../ports/clock.ts'
import type { KeyAnswer } from '../ports/key-sets.ts'
import type { ToPrimary } from './control-messages.ts'

const ANSWER_MS = 5_000

/** A worker's questions to the primary for newer keys; the mirror that asks bounds their number. */
export class KeyRequests {
  readonly #tell: (message: ToPrimary) => void
  readonly #clock: Clock
  readonly #open = new Map<number, (answer: KeyAnswer | undefined) => void>()
  #lastId = 0

  constructor(tell: (message: ToPrimary) => void, clock: Clock) {
    this.#tell = tell
    this.#clock = clock
  }

  /** Resolves with undefined when the primary does not answer in time. */
  ask(realm: string, kid: string): Promise<KeyAnswer | undefined> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      const timer = this.#clock.after(ANSWER_MS, () => this.answered(id, undefined))
      this.#open.set(id, answer => {
        timer.cancel()
        resolve(answer)
      })
      this.#tell({ kind: 'keys-request', id, realm, kid })
    })
  }

  answered(id: number, answer: KeyAnswer | undefined): void {
    this.#open.get(id)?.(answer)
    this.#open.delete(id)
  }
}
