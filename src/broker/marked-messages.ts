/**
 * Stores QoS 2 messages together with their marks, each once the workers elsewhere have it and in the order of its
 * publisher. A marked message that is sent again is only answered: one that is marked before it has got to the others is
 * lost for their subscribers when this worker dies, or is given up while it is cut off.
 */
export class MarkedMessages {
  /** By Client Identifier: when the newest that waits may be stored. As many as publishers that wait for a worker. */
  readonly #waiting = new Map<string, Promise<unknown>>()

  /**
   * Calls `store` once `taken` has resolved, if there is anything to wait for, and resolves as it does. Rejects when `taken`
   * does, and with it what the publisher has sent behind it meanwhile.
   */
  after(taken: Promise<void> | undefined, publisher: string, store: () => Promise<void>): Promise<void> {
    const before = this.#waiting.get(publisher)
    if (before === undefined && taken === undefined) return store()
    const ready = Promise.all([before, taken])
    this.#waiting.set(publisher, ready)
    const over = (): void => {
      if (this.#waiting.get(publisher) === ready) this.#waiting.delete(publisher)
    }
    ready.then(over, over)
    return ready.then(store)
  }
}
