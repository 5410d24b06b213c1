import { BrokerError } from '../core/errors.ts'

/** Lets calls through until the store is closed. */
export class OpenGate {
  #open = true

  close(): void {
    this.#open = false
  }

  /** A closed store is a `STORE_UNAVAILABLE` error. */
  check(): void {
    if (!this.#open) throw new BrokerError('STORE_UNAVAILABLE', 'the store is closed')
  }
}
