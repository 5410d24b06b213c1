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
  readonly #included: SecurityFileProblems[] = []
  #unlisted = 0

  constructor(fileName: string, text: string) {
    this.#fileName = fileName
    this.#text = text
  }

  get any(): boolean {
    return this.#problems.length > 0 || this.#included.some(problems => problems.any)
  }

  /** The problems of a file that this one names; they follow its own. */
  include(problems: SecurityFileProblems): void {
    this.#included.push(problems)
  }

  /** `offset` is where in the text the faulty thing begins. */
  add(offset: number, sentence: string): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ offset, sentence })
    else this.#unlisted += 1
  }

  /** One line for each problem, in the order of the file. */
  toError(): BrokerError {
    return new BrokerError('SECURITY_FILE', this.#allLines().join('\n'))
  }

  #allLines(): readonly string[] {
    return [...this.#ownLines(), ...this.#included.flatMap(problems => problems.#allLines())]
  }

  #ownLines(): readonly string[] {
    const inOrder = this.#problems.toSorted((one, other) => one.offset - other.offset)
    const lines = inOrder.map(({ offset, sentence }) => `${this.#fileName}:${this.#position(offset)}: ${sentence}`)
    if (this.#unlisted > 0) lines.push(`${this.#fileName}: and ${this.#unlisted} more problems`)
    return lines
  }

  /** Line and column, both from 1. */
  #position(offset: number): string {
    const before = this.#text.slice(0, offset)
    const lines = before.split('\n')
    return `${lines.length}:${offset - (before.lastIndexOf('\n') + 1) + 1}`
  }
}
