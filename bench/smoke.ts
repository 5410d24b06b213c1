/** `npm run bench:smoke`: every scenario, tiny, against guardbee. Checks that nothing goes astray; says nothing of speed. */
import type { RunningBroker } from './brokers/broker.ts'
import { guardbeeOf, THIS_CHECKOUT } from './brokers/guardbee.ts'
import { endOnSignals } from './end-on-signals.ts'
import { startIssuer } from './issuer/issuer.ts'
import type { Measurement } from './measure/measurement.ts'
import type { RunContext } from './measure/run-scenario.ts'
import { loadBroker, startFor } from './measure/run-scenario.ts'
import { wholeMessage } from './measure/suite.ts'
import { allScenarios } from './scenarios/all-scenarios.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { sized, TINY } from './scenarios/size.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

/** Groups of scenarios that run beside each other; each lane has an issuer, as some scenarios make theirs slow. */
const LANES = 2

endOnSignals()
const guardbee = guardbeeOf(THIS_CHECKOUT, 'guardbee')
let passed = 0
let failed = 0

const groups = Map.groupBy(allScenarios, ({ workers, nodes, tokens, durability, introspectionMs }) => {
  return `${workers} ${nodes} ${tokens === 'none'} ${durability} ${introspectionMs === undefined}`
})
const waiting = [...groups.values()].toSorted((one, other) => other.length - one.length)
await Promise.all(Array.from({ length: LANES }, runLane))
console.log(`${passed} passed, ${failed} failed`)
if (failed > 0) process.exitCode = 1

async function runLane(): Promise<void> {
  const issuer = await startIssuer()
  const context: RunContext = { issuer, size: TINY, loaders: 1, cores: 1 }
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await runGroup(next, context)
  } finally {
    issuer.close()
  }
}

/** Runs scenarios that want guardbee started alike, one after another on the same one. */
async function runGroup(scenarios: readonly Scenario[], context: RunContext): Promise<void> {
  const [first] = scenarios
  if (first === undefined) return
  try {
    await inTemporaryFolder(async folder => {
      const running = await startFor(first, guardbee, folder, context)
      try {
        for (const scenario of scenarios) report(scenario, await problemOf(scenario, running, context))
      } finally {
        await running.stop()
      }
    })
  } catch (error) {
    for (const scenario of scenarios) report(scenario, wholeMessage(error))
  }
}

async function problemOf(scenario: Scenario, running: RunningBroker, context: RunContext): Promise<string | undefined> {
  try {
    return problemIn(await loadBroker(sized(scenario, TINY), guardbee, running, 0, context))
  } catch (error) {
    return wholeMessage(error)
  }
}

function problemIn({
  operations,
  lost,
  doubled,
  reordered,
  failed: faults,
  warnings,
}: Measurement): string | undefined {
  if (operations === 0) return 'nothing arrived'
  if (lost + doubled + reordered + faults === 0) return undefined
  return `${lost} lost, ${doubled} doubled, ${reordered} reordered, ${faults} failed ${warnings.join('; ')}`
}

function report({ name }: Scenario, problem: string | undefined): void {
  if (problem === undefined) passed += 1
  else failed += 1
  console.log(problem === undefined ? `ok      ${name}` : `not ok  ${name}: ${problem}`)
}
