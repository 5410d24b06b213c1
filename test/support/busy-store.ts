import type { Store } from '../../src/ports/store.ts'

/** Stands before a store and knows whether anything that was asked has not been answered yet. */
export class BusyStore implements Store {
  readonly sessions: Store['sessions']
  readonly subscriptions: Store['subscriptions']
  readonly queues: Store['queues']
  readonly retained: Store['retained']
  readonly close: Store['close']
  #outstanding = 0

  constructor(store: Store) {
    const { sessions, subscriptions, queues, retained } = store
    this.sessions = {
      claim: claim => this.#call(sessions.claim(claim)),
      release: (...args) => this.#call(sessions.release(...args)),
      end: (...args) => this.#call(sessions.end(...args)),
      markReceived: (...args) => this.#call(sessions.markReceived(...args)),
      takeDue: (...args) => this.#call(sessions.takeDue(...args)),
      setWill: (...args) => this.#call(sessions.setWill(...args)),
      settleDue: (...args) => this.#call(sessions.settleDue(...args)),
      abandon: (...args) => this.#call(sessions.abandon(...args)),
    }
    this.subscriptions = {
      put: (...args) => this.#call(subscriptions.put(...args)),
      remove: (...args) => this.#call(subscriptions.remove(...args)),
      all: () => this.#pages(subscriptions.all()),
    }
    this.queues = {
      append: (...args) => this.#call(queues.append(...args)),
      read: (...args) => this.#call(queues.read(...args)),
      markReleased: (...args) => this.#call(queues.markReleased(...args)),
      remove: (...args) => this.#call(queues.remove(...args)),
    }
    this.retained = {
      put: message => this.#call(retained.put(message)),
      remove: topicName => this.#call(retained.remove(topicName)),
      match: (...args) => this.#pages(retained.match(...args)),
    }
    this.close = () => store.close()
  }

  get busy(): boolean {
    return this.#outstanding > 0
  }

  #call<Result>(answer: Promise<Result>): Promise<Result> {
    this.#outstanding++
    return answer.finally(() => this.#outstanding--)
  }

  async *#pages<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page, void, undefined> {
    const walk = pages[Symbol.asyncIterator]()
    for (;;) {
      const next = await this.#call(walk.next())
      if (next.done === true) return
      yield next.value
    }
  }
}
