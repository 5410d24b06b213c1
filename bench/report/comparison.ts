import type { Measurement } from '../measure/measurement.ts'
import { percentileOf } from '../measure/measurement.ts'
import type { Spread } from '../measure/statistics.ts'
import { spread } from '../measure/statistics.ts'
import type { SuiteResult } from '../measure/suite.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import { cost } from './figures.ts'
import type { Table } from './table.ts'

const NOTHING = '–'

/**
 * The change as a ratio to the base, for the cost, the rate and the 99th percentile: the median over pairs of runs that
 * followed each other, and between which extremes they lay. A range that holds 1.00 says that nothing is established.
 */
export function comparisonTable(scenarios: readonly Scenario[], { measurements }: SuiteResult): Table {
  return {
    headings: ['scenario', 'base', 'change', 'cost ×', 'rate ×', 'p99 ×'],
    rows: scenarios.map(scenario => comparisonRow(scenario, pairsOf(scenario, measurements))),
  }
}

interface Pair {
  readonly base: Measurement
  readonly change: Measurement
}

function pairsOf(scenario: Scenario, measurements: readonly Measurement[]): readonly Pair[] {
  const runs = measurements.filter(run => run.scenario === scenario.name)
  return runs
    .filter(run => run.broker === 'base')
    .flatMap(base => {
      const change = runs.find(run => run.broker === 'change' && run.repetition === base.repetition)
      return change === undefined ? [] : [{ base, change }]
    })
}

function comparisonRow(scenario: Scenario, pairs: readonly Pair[]): readonly string[] {
  const isIdle = scenario.kind === 'idle'
  const costOf = (run: Measurement): number | undefined => (isIdle ? run.residentBytesPerClient : run.cpuMicroseconds)
  const costText = (figures: Spread | undefined): string =>
    figures === undefined ? NOTHING : cost(figures.median, isIdle)
  return [
    scenario.title,
    costText(spread(pairs.map(({ base }) => costOf(base)))),
    costText(spread(pairs.map(({ change }) => costOf(change)))),
    ratio(pairs, costOf),
    isIdle ? NOTHING : ratio(pairs, run => run.perSecond),
    isIdle ? NOTHING : ratio(pairs, run => percentileOf(run.latency, 99)),
  ]
}

function ratio(pairs: readonly Pair[], of: (run: Measurement) => number | undefined): string {
  const ratios = spread(
    pairs.map(({ base, change }) => {
      const [before, after] = [of(base), of(change)]
      return before === undefined || after === undefined || before === 0 ? undefined : after / before
    }),
  )
  if (ratios === undefined) return NOTHING
  return `${ratios.median.toFixed(2)} [${ratios.lowest.toFixed(2)}–${ratios.highest.toFixed(2)}]`
}
