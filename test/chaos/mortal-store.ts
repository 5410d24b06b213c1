import type { Store } from '../../src/ports/store.ts'

/** Where the process dies: before the store has done what it was asked, or before the answer is heard of. */
export type Death = 'before' | 'after'

/** Stands before a store for a process that dies at one of its calls: from then on it asks nothing and hears nothing. */
export class MortalStore implements Store {
  readonly sessions: Store['sessions']
  readonly subscriptions: Store['subscriptions']
  readonly queues: Store['queues']
  readonly retained: Store['retained']
  readonly close: Store['close']
  dead = false
  /** Calls until death; Infinity: none. */
  callsLeft = Infinity
  death: Death = 'before'

  constructor(store: Store) {
    const { sessions, subscriptions, queues, retained } = store
    this.sessions = {
      claim: claim => this.#call(() => sessions.claim(claim)),
      release: (...args) => this.#call(() => sessions.release(...args)),
      end: (...args) => this.#call(() => sessions.end(...args)),
      markReceived: (...args) => this.#call(() => sessions.markReceived(...args)),
      takeDue: (...args) => this.#call(() => sessions.takeDue(...args)),
      setWill: (...args) => this.#call(() => sessions.setWill(...args)),
      settleDue: (...args) => this.#call(() => sessions.settleDue(...args)),
      // Called by those who live on.
      abandon: (...args) => sessions.abandon(...args),
    }
    this.subscriptions = {
      put: (...args) => this.#call(() => subscriptions.put(...args)),
      remove: (...args) => this.#call(() => subscriptions.remove(...args)),
      all: () => subscriptions.all(),
    }
    this.queues = {
      append: (...args) => this.#call(() => queues.append(...args)),
      read: (...args) => this.#call(() => queues.read(...args)),
      markReleased: (...args) => this.#call(() => queues.markReleased(...args)),
      remove: (...args) => this.#call(() => queues.remove(...args)),
    }
    this.retained = retained
    this.close = () => store.close()
  }

  #call<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.dead) return new Promise<never>(() => {})
    this.callsLeft--
    if (this.callsLeft > 0) return call()
    this.dead = true
    const never = new Promise<never>(() => {})
    return this.death === 'before' ? never : call().then(() => never)
  }
}
