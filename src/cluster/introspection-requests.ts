import { UNAVAILABLE } from '../auth/introspection.ts'
import type { IntrospectionAnswer, Introspections } from '../auth/introspection.ts'
import type { Clock } from '../ports/clock.ts'
import type { ToPrimary } from './control-messages.ts'

/** A little more than the primary lets a token wait. */
const ANSWER_MS = 10_000
const OPEN_MAX = 10_000

/** A worker's questions to the primary about tokens; one too many is answered as the endpoint's silence is. */
export class IntrospectionRequests implements Introspections {
  readonly #tell: (message: ToPrimary) => void
  readonly #clock: Clock
  readonly #open = new Map<number, (answer: IntrospectionAnswer) => void>()
  #lastId = 0

  constructor(tell: (message: ToPrimary) => void, clock: Clock) {
    this.#tell = tell
    this.#clock = clock
  }

  ask(realm: string, token: string, knownOnly = false): Promise<IntrospectionAnswer> {
    if (this.#open.size >= OPEN_MAX) return Promise.resolve(UNAVAILABLE)
    const id = ++this.#lastId
    return new Promise(resolve => {
      const timer = this.#clock.after(ANSWER_MS, () => this.answered(id, UNAVAILABLE))
      this.#open.set(id, answer => {
        timer.cancel()
        resolve(answer)
      })
      this.#tell({ kind: 'introspection-request', id, realm, token, knownOnly })
    })
  }

  answered(id: number, answer: IntrospectionAnswer): void {
    this.#open.get(id)?.(answer)
    this.#open.delete(id)
  }
}
