import { BrokerError } from '../../src/core/errors.ts'
import type { Store } from '../../src/ports/store.ts'

/** Stands before a store that cannot be reached for a while: claims are refused, the end of a session waits. */
export class AwayStore implements Store {
  readonly sessions: Store['sessions']
  readonly subscriptions: Store['subscriptions']
  readonly queues: Store['queues']
  readonly retained: Store['retained']
  readonly close: Store['close']
  /** Refuses claims. */
  failure: Error | undefined = undefined
  #back: PromiseWithResolvers<void> | undefined = undefined
  #claims: Promise<void> | undefined = undefined

  constructor(store: Store) {
    const { sessions, subscriptions, queues, retained } = store
    this.sessions = {
      claim: async claim => {
        if (this.#back !== undefined) throw new BrokerError('STORE_AWAY', 'the store is away')
        await this.#claims
        if (this.failure !== undefined) throw this.failure
        return await sessions.claim(claim)
      },
      release: (...args) => this.#held(() => sessions.release(...args)),
      end: (...args) => this.#held(() => sessions.end(...args)),
      markReceived: (...args) => this.#held(() => sessions.markReceived(...args)),
      abandon: (...args) => this.#held(() => sessions.abandon(...args)),
      takeDue: (...args) => this.#held(() => sessions.takeDue(...args)),
      setWill: (...args) => this.#held(() => sessions.setWill(...args)),
      settleDue: (...args) => this.#held(() => sessions.settleDue(...args)),
    }
    this.subscriptions = subscriptions
    this.queues = queues
    this.retained = retained
    this.close = () => store.close()
  }

  leave(): void {
    this.#back ??= Promise.withResolvers()
  }

  comeBack(): void {
    this.#back?.resolve()
    this.#back = undefined
  }

  /** Claims are on their way until `until` resolves. */
  holdClaims(until: Promise<void>): void {
    this.#claims = until
  }

  async #held<Result>(call: () => Promise<Result>): Promise<Result> {
    await this.#back?.promise
    return await call()
  }
}
