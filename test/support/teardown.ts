/** What a suite has opened and must close, even when its preparation ended half-way. */
export class Teardown {
  readonly #steps: (() => Promise<unknown>)[] = []

  /** Remembers how to close something, and gives it back. */
  add<T>(opened: T, close: (opened: T) => Promise<unknown>): T {
    this.#steps.push(() => close(opened))
    return opened
  }

  /** Closes everything, the newest first; a failure is thrown once all have been tried. */
  async run(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be closed')
  }
}
