import type { SuiteResult } from '../measure/suite.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Size } from '../scenarios/size.ts'
import type { MachineFacts } from './machine.ts'

/** A broker of a run. */
export interface ReportedBroker {
  readonly name: string
  readonly version: string
}

/** Everything that reports are made of, and what `--json` writes. */
export interface Report {
  readonly machine: MachineFacts
  readonly size: Size
  readonly repetitions: number
  /** The first one is what the others are compared with. */
  readonly brokers: readonly ReportedBroker[]
  readonly scenarios: readonly Scenario[]
  readonly result: SuiteResult
}
