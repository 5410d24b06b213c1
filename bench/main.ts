/** `npm run bench`: loads guardbee and its peers and reports how they did. */
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Broker } from './brokers/broker.ts'
import { guardbeeOf, THIS_CHECKOUT } from './brokers/guardbee.ts'
import { peers, relay } from './brokers/peers.ts'
import { remoteBroker } from './brokers/remote.ts'
import type { BenchArguments } from './command-line.ts'
import { HELP, parseBenchArguments } from './command-line.ts'
import { endOnSignals } from './end-on-signals.ts'
import { startIssuer } from './issuer/issuer.ts'
import { descriptorsMax, pinnableCores } from './measure/cores.ts'
import { runSuite, wholeMessage } from './measure/suite.ts'
import { htmlReport } from './report/html-report.ts'
import { machineFacts } from './report/machine.ts'
import { Progress } from './report/progress.ts'
import { withLatestRun } from './report/readme-section.ts'
import type { Report, ReportedBroker } from './report/report.ts'
import { terminalReport } from './report/terminal-report.ts'
import { allScenarios, scenariosNamed } from './scenarios/all-scenarios.ts'
import type { Scenario } from './scenarios/scenario.ts'
import { fullSize, quickSize, sized } from './scenarios/size.ts'

const REPETITIONS = 3
/** Leaves the last run the time to end within three minutes. */
const QUICK_SECONDS_MAX = 140
const README = path.resolve(import.meta.dirname, 'README.md')

endOnSignals()
try {
  await bench(parseBenchArguments(process.argv.slice(2)))
} catch (error) {
  console.error(wholeMessage(error))
  process.exitCode = 1
}

async function bench(args: BenchArguments): Promise<void> {
  if (args.help) return console.log(HELP)
  if (args.list) return console.log(allScenarios.map(({ name, title }) => `${name.padEnd(24)} ${title}`).join('\n'))
  const { brokers, versions } = await brokersOf(args)
  const size = args.quick ? quickSize(descriptorsMax()) : fullSize(descriptorsMax())
  const scenarios = scenariosOf(args).map(scenario => sized(scenario, size))
  const repetitions = args.repetitions ?? (args.quick ? 1 : REPETITIONS)
  const machine = machineFacts()
  const issuer = await startIssuer()
  const progress = new Progress(process.stderr, () => performance.now())
  try {
    const options = { scenarios, brokers, repetitions, secondsMax: args.quick ? QUICK_SECONDS_MAX : undefined }
    const context = { issuer, size, loaders: args.loaders, cores: await pinnableCores() }
    const result = await runSuite(options, context, progress)
    progress.end()
    await write({ machine, size, repetitions, brokers: versions, scenarios, result }, args)
  } finally {
    issuer.close()
  }
}

interface ChosenBrokers {
  readonly brokers: readonly Broker[]
  readonly versions: readonly ReportedBroker[]
}

async function brokersOf({ target, peers: wanted }: BenchArguments): Promise<ChosenBrokers> {
  const known = [...peers, relay]
  const unknown = wanted?.find(name => !known.some(peer => peer.name === name))
  if (unknown !== undefined)
    throw new Error(`no peer "${unknown}"; there are ${known.map(peer => peer.name).join(', ')}`)
  const own = target === undefined ? guardbeeOf(THIS_CHECKOUT, 'guardbee') : remoteBroker(target)
  const chosen = wanted === undefined ? peers : known.filter(peer => wanted.includes(peer.name))
  const candidates = target === undefined ? [own, ...chosen] : [own]
  const brokers: Broker[] = []
  const versions: ReportedBroker[] = []
  for (const broker of candidates) {
    const version = await broker.version()
    if (version !== undefined) {
      brokers.push(broker)
      versions.push({ name: broker.name, version })
    } else if (broker === own || wanted !== undefined) throw new Error(`${broker.name} is not there`)
  }
  return { brokers, versions }
}

function scenariosOf({ scenarios, quick }: BenchArguments): readonly Scenario[] {
  if (scenarios.length > 0) return scenariosNamed(scenarios)
  return quick ? allScenarios.filter(scenario => scenario.quick) : allScenarios
}

async function write(report: Report, { jsonFile, htmlFile, writeReadme }: BenchArguments): Promise<void> {
  console.log(terminalReport(report))
  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(report, null, 1)}\n`)
  if (htmlFile !== undefined) await writeFile(htmlFile, htmlReport(report))
  if (writeReadme) await writeFile(README, withLatestRun(await readFile(README, 'utf8'), report))
  if (report.result.failures.length > 0) process.exitCode = 1
}
