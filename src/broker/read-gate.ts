import type { Connection } from '../ports/connection.ts'

/** Why a connection is not read; several may hold at once. */
export const Hold = { connecting: 1, backlog: 2, rate: 4, load: 8 } as const
export type Hold = (typeof Hold)[keyof typeof Hold]

/** Reads a connection while nothing speaks against it. */
export class ReadGate {
  readonly #connection: Connection
  #holds = 0

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Whether nothing is read, so that silence is not the client's. */
  get closed(): boolean {
    return this.#holds !== 0
  }

  hold(why: Hold): void {
    if (this.#holds === 0) this.#connection.pause()
    this.#holds |= why
  }

  release(why: Hold): void {
    if (this.#holds === 0) return
    this.#holds &= ~why
    if (this.#holds === 0) this.#connection.resume()
  }
}
