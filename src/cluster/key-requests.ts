import type { Clock } from '../ports/clock.ts'
import type { KeySetSnapshot } from '../ports/key-sets.ts'
import type { ToPrimary } from './control-messages.ts'

const ANSWER_MS = 5_000

/** A worker's questions to the primary for newer keys; the mirror that asks bounds their number. */
export class KeyRequests {
  readonly #tell: (message: ToPrimary) => void
  readonly #clock: Clock
  readonly #open = new Map<number, (snapshot: KeySetSnapshot | undefined) => void>()
  #lastId = 0

  constructor(tell: (message: ToPrimary) => void, clock: Clock) {
    this.#tell = tell
    this.#clock = clock
  }

  /** Resolves with undefined when the primary does not answer in time. */
  ask(realm: string, kid: string): Promise<KeySetSnapshot | undefined> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      const timer = this.#clock.after(ANSWER_MS, () => this.answered(id, undefined))
      this.#open.set(id, snapshot => {
        timer.cancel()
        resolve(snapshot)
      })
      this.#tell({ kind: 'keys-request', id, realm, kid })
    })
  }

  answered(id: number, snapshot: KeySetSnapshot | undefined): void {
    this.#open.get(id)?.(snapshot)
    this.#open.delete(id)
  }
}
