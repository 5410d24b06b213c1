import { BrokerError } from '../core/errors.ts'

const PROBLEMS_MAX = 100

interface Problem {
  readonly offset: number
  readonly sentence: string
}

/** Gathers what is wrong with a security file, so that one start shows all of it; past 100 problems only their number. */
export class SecurityFileProblems {
  readonly #fileName: string
  readonly #text: string
  readonly #problems: Problem[] = []
  #unlisted = 0

  constructor(fileName: string, text: string) {
    this.#fileName = fileName
    this.#text = text
  }

  get any(): boolean {
    return this.#problems.length > 0
  }

  /** `offset` is where in the text the faulty thing begins. */
  add(offset: number, sentence: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ offset, sentence })
    else this.#unlisted += 1
  }

  /** One line for each problem, in the order of the file. */
  toError(): BrokerError {
    const inOrder = this.#problems.toSorted((one, other) => one.offset - other.offset)
    const lines = inOrder.map(({ offset, sentence }) => `${this.#fileName}:${this.#position(offset)}: ${sentence}`)
    if (this.#unlisted > 0) lines.push(`${this.#fileName}: and ${this.#unlisted} more problems`)
    return new BrokerError('SECURITY_FILE', lines.join('\n'))
  }

  /** Line and column, both from 1. */
  #position(offset: number): string {
    const before = this.#text.slice(0, offset)
    const lines = before.split('\n')
    return `${lines.length}:${offset - (before.lastIndexOf('\n') + 1) + 1}`
  }
}
