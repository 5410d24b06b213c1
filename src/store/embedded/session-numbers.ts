import type { EmbeddedSession } from './embedded-session.ts'

/** The sessions that the journal knows, by the number that names them in it. */
export class SessionNumbers {
  readonly #sessions = new Map<number, EmbeddedSession>()
  #lastNumber: number

  /** Numbers up to `lastNumber` were given before. */
  constructor(lastNumber: number) {
    this.#lastNumber = lastNumber
  }

  find(number: number): EmbeddedSession | undefined {
    return this.#sessions.get(number)
  }

  /** Gives the session a number that no session had before. */
  number(session: EmbeddedSession): void {
    session.number = ++this.#lastNumber
    this.#sessions.set(session.number, session)
  }

  /** Takes in a session that has its number already. */
  adopt(session: EmbeddedSession): void {
    this.#sessions.set(session.number, session)
  }

  forget(session: EmbeddedSession): void {
    this.#sessions.delete(session.number)
  }
}
