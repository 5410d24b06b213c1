/** `npm run bench:compare BASE`: another commit of guardbee against this checkout, in one interleaved run. */
import { execFile } from 'node:child_process'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { guardbeeOf, THIS_CHECKOUT } from './brokers/guardbee.ts'
import type { BenchArguments } from './command-line.ts'
import { parseBenchArguments } from './command-line.ts'
import { endOnSignals } from './end-on-signals.ts'
import { startIssuer } from './issuer/issuer.ts'
import { descriptorsMax, pinnableCores } from './measure/cores.ts'
import type { SuiteResult } from './measure/suite.ts'
import { runSuite, wholeMessage } from './measure/suite.ts'
import { comparisonTable } from './report/comparison.ts'
import { machineFacts, machineLine } from './report/machine.ts'
import { Progress } from './report/progress.ts'
import { renderText } from './report/table.ts'
import { scenariosNamed } from './scenarios/all-scenarios.ts'
import { messageScenarios } from './scenarios/messages.ts'
import { fullSize, quickSize, sized } from './scenarios/size.ts'
import { inTemporaryFolder } from './temporary-folder.ts'

const REPETITIONS = 5
const USAGE = 'npm run bench:compare -- BASE [--scenario NAME...] [--repetitions N] [--quick] [--loaders N]'

endOnSignals()
try {
  const [base, ...rest] = process.argv.slice(2)
  if (base === undefined || base.startsWith('-')) throw new Error(USAGE)
  await compare(base, parseBenchArguments(rest))
} catch (error) {
  console.error(wholeMessage(error))
  process.exitCode = 1
}

async function compare(base: string, args: BenchArguments): Promise<void> {
  await inTemporaryFolder(async folder => {
    const checkout = path.join(folder, 'checkout')
    // The record of a worktree whose folder went with an interrupted run goes with the next one.
    await git('worktree', 'prune')
    await git('worktree', 'add', '--detach', checkout, base)
    try {
      await symlink(path.join(THIS_CHECKOUT, 'node_modules'), path.join(checkout, 'node_modules'))
      await compareCheckouts(checkout, args)
    } finally {
      await git('worktree', 'remove', '--force', checkout)
    }
  })
}

async function compareCheckouts(baseCheckout: string, args: BenchArguments): Promise<void> {
  const brokers = [guardbeeOf(baseCheckout, 'base'), guardbeeOf(THIS_CHECKOUT, 'change')]
  const size = args.quick ? quickSize(descriptorsMax()) : fullSize(descriptorsMax())
  const wanted = args.scenarios.length === 0 ? messageScenarios : scenariosNamed(args.scenarios)
  const scenarios = wanted.map(scenario => sized(scenario, size))
  const machine = machineFacts()
  const issuer = await startIssuer()
  const progress = new Progress(process.stderr, () => performance.now())
  try {
    const options = { scenarios, brokers, repetitions: args.repetitions ?? REPETITIONS, secondsMax: undefined }
    const context = { issuer, size, loaders: args.loaders, cores: await pinnableCores() }
    const result = await runSuite(options, context, progress)
    progress.end()
    const versions = await Promise.all(brokers.map(async broker => `${broker.name} ${await broker.version()}`))
    console.log([machineLine(machine), versions.join(', '), ''].join('\n'))
    console.log(renderText(comparisonTable(scenarios, result)))
    tellFailures(result)
  } finally {
    issuer.close()
  }
}

function tellFailures({ failures }: SuiteResult): void {
  for (const { scenario, broker, why } of failures) console.log(`${scenario}, ${broker}: failed: ${why}`)
  if (failures.length > 0) process.exitCode = 1
}

async function git(...args: readonly string[]): Promise<void> {
  await promisify(execFile)('git', ['-C', THIS_CHECKOUT, ...args])
}
