import type { Broker } from '../brokers/broker.ts'
import type { SuiteWatcher } from '../measure/suite.ts'
import type { Scenario } from '../scenarios/scenario.ts'

/** Where progress is shown; a terminal has its line rewritten. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** One line that says what runs, how much is done, and about how long the rest takes. */
export class Progress implements SuiteWatcher {
  readonly #output: ProgressOutput
  readonly #nowMs: () => number
  readonly #startMs: number

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  began(done: number, all: number, scenario: Scenario, broker: Broker): void {
    const line = `[${done + 1}/${all}] ${scenario.title} · ${broker.name}${this.#rest(done, all)}`
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[2K${line}` : `${line}\n`)
  }

  /** Leaves the line. */
  end(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[2K')
  }

  #rest(done: number, all: number): string {
    if (done === 0) return ''
    const seconds = ((this.#nowMs() - this.#startMs) / 1_000 / done) * (all - done)
    return seconds < 90 ? ` · about ${Math.ceil(seconds)} s left` : ` · about ${Math.ceil(seconds / 60)} min left`
  }
}
