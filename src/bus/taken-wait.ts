/** Waits until every link that had something on its way at the end of one tick has handed it over, or is down. */
export class TakenWait {
  readonly promise: Promise<void>
  #resolve: () => void = () => {}
  /** One for the tick itself, which is still to end. */
  #waitingFor = 1

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.promise = promise
    this.#resolve = resolve
  }

  /** One more link has something on its way. */
  add(): void {
    this.#waitingFor++
  }

  /** One of them has handed it over, or the tick has ended. */
  done(): void {
    this.#waitingFor--
    if (this.#waitingFor === 0) this.#resolve()
  }
}
