import type { Measurement } from '../measure/measurement.ts'
import { percentileOf } from '../measure/measurement.ts'
import type { Spread } from '../measure/statistics.ts'
import { median, spread } from '../measure/statistics.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Report } from './report.ts'

/** One scenario against one broker, over all repetitions. */
export interface SummaryCell {
  /** What the scenario is about: CPU µs per message or connection, or bytes per client; lower is better. */
  readonly cost: Spread | undefined
  readonly perSecond: Spread | undefined
  readonly p50Microseconds: number | undefined
  readonly p99Microseconds: number | undefined
  readonly backgroundP99Microseconds: number | undefined
  readonly brokerCores: number | undefined
  readonly loaderCores: number | undefined
  /** Lost, doubled and reordered messages and failed packets, summed over the repetitions. */
  readonly faults: Faults
  readonly measurements: readonly Measurement[]
}

export interface Faults {
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly failed: number
}

/** One scenario, with a cell for each broker in the order of the report; undefined where it was not run. */
export interface SummaryRow {
  readonly scenario: Scenario
  readonly cells: readonly (SummaryCell | undefined)[]
}

/** Medians and spreads of a report, for the scenarios that gave any figure. */
export function summaryOf({ scenarios, brokers, result }: Report): readonly SummaryRow[] {
  return scenarios
    .map(scenario => ({
      scenario,
      cells: brokers.map(({ name }) =>
        cellOf(
          scenario,
          result.measurements.filter(run => run.scenario === scenario.name && run.broker === name),
        ),
      ),
    }))
    .filter(({ cells }) => cells.some(cell => cell !== undefined))
}

/** Whether any message went astray. */
export function isFaulty({ lost, doubled, reordered, failed }: Faults): boolean {
  return lost + doubled + reordered + failed > 0
}

function cellOf(scenario: Scenario, runs: readonly Measurement[]): SummaryCell | undefined {
  if (runs.length === 0) return undefined
  const costs = runs.map(run => (scenario.kind === 'idle' ? run.residentBytesPerClient : run.cpuMicroseconds))
  return {
    cost: spread(costs),
    perSecond: scenario.kind === 'idle' ? undefined : spread(runs.map(run => run.perSecond)),
    p50Microseconds: medianOf(runs, run => percentileOf(run.latency, 50)),
    p99Microseconds: medianOf(runs, run => percentileOf(run.latency, 99)),
    backgroundP99Microseconds: medianOf(runs, run => run.backgroundLatency && percentileOf(run.backgroundLatency, 99)),
    brokerCores: medianOf(runs, run => run.brokerCores),
    loaderCores: medianOf(runs, run => run.loaderCores),
    faults: {
      lost: total(runs, run => run.lost),
      doubled: total(runs, run => run.doubled),
      reordered: total(runs, run => run.reordered),
      failed: total(runs, run => run.failed),
    },
    measurements: runs,
  }
}

function medianOf(runs: readonly Measurement[], of: (run: Measurement) => number | undefined): number | undefined {
  return median(runs.map(of).filter(figure => figure !== undefined))
}

function total(runs: readonly Measurement[], of: (run: Measurement) => number): number {
  return runs.reduce((sum, run) => sum + of(run), 0)
}
