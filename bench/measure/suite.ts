import type { Broker } from '../brokers/broker.ts'
import { whyUnfit } from '../scenarios/fit.ts'
import type { Scenario } from '../scenarios/scenario.ts'
import type { Measurement } from './measurement.ts'
import type { RunContext } from './run-scenario.ts'
import { BrokerStartError, runScenario } from './run-scenario.ts'

/** What is to be run. */
export interface SuiteOptions {
  readonly scenarios: readonly Scenario[]
  readonly brokers: readonly Broker[]
  readonly repetitions: number
  /** No run begins later than this after the start; undefined: all are run. */
  readonly secondsMax: number | undefined
}

/** A run that gave no figures, or was not begun, and why. */
export interface MissedRun {
  readonly scenario: string
  readonly broker: string
  readonly why: string
}

/** Everything a suite gave. */
export interface SuiteResult {
  readonly measurements: readonly Measurement[]
  readonly failures: readonly MissedRun[]
  readonly leftOut: readonly MissedRun[]
}

/** Is told of each run. */
export interface SuiteWatcher {
  began(done: number, all: number, scenario: Scenario, broker: Broker): void
}

interface PlannedRun {
  readonly scenario: Scenario
  readonly broker: Broker
  readonly repetition: number
}

/** Runs every scenario against every broker that can, repetitions interleaved. A run that fails does not end it. */
export async function runSuite(
  options: SuiteOptions,
  context: RunContext,
  watcher: SuiteWatcher,
): Promise<SuiteResult> {
  const runs = plannedRuns(options)
  const deadline = performance.now() + (options.secondsMax ?? Number.POSITIVE_INFINITY) * 1_000
  const measurements: Measurement[] = []
  const failures: MissedRun[] = []
  const leftOut: MissedRun[] = [...unfitRuns(options)]
  const broken = new Set<Broker>()
  for (const [done, { scenario, broker, repetition }] of runs.entries()) {
    const run = { scenario: scenario.name, broker: broker.name }
    if (performance.now() > deadline) {
      leftOut.push({ ...run, why: 'no time left' })
      continue
    }
    if (broken.has(broker)) {
      leftOut.push({ ...run, why: 'it did not start before' })
      continue
    }
    watcher.began(done, runs.length, scenario, broker)
    try {
      measurements.push(await runScenario(scenario, broker, repetition, context))
    } catch (error) {
      if (error instanceof BrokerStartError) broken.add(broker)
      failures.push({ ...run, why: wholeMessage(error) })
    }
  }
  return { measurements, failures, leftOut }
}

/** The message of an error and of what caused it. */
export function wholeMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${wholeMessage(error.cause)}`
}

/** Interleaved: one broker after the other within a repetition, and another one first in each. */
export function plannedRuns({ scenarios, brokers, repetitions }: SuiteOptions): readonly PlannedRun[] {
  return scenarios.flatMap(scenario => {
    const fit = brokers.filter(broker => whyUnfit(broker, scenario) === undefined)
    return Array.from({ length: repetitions }, (_, repetition) =>
      rotated(fit, repetition).map(broker => ({ scenario, broker, repetition })),
    ).flat()
  })
}

function unfitRuns({ scenarios, brokers }: SuiteOptions): readonly MissedRun[] {
  return scenarios.flatMap(scenario =>
    brokers.flatMap(broker => {
      const why = whyUnfit(broker, scenario)
      return why === undefined ? [] : [{ scenario: scenario.name, broker: broker.name, why }]
    }),
  )
}

function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const first = items.length === 0 ? 0 : by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}
