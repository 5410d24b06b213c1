/** Runs the conformance suite against guardbee, a broker that runs already, or every broker that is installed. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { allCases, allStatements } from '../test/conformance/all-cases.ts'
import { LISTENERS, startEveryListener, STORES } from '../test/conformance/brokers/guardbee-listeners.ts'
import type { StartedBroker } from '../test/conformance/brokers/started-broker.ts'
import { comparedBrokers } from '../test/conformance/compared-brokers.ts'
import { MOSQUITTO_FAULTS, MOSQUITTO_RELEASE } from '../test/conformance/mosquitto-faults.ts'
import { allFailures, printedReport, resultsPage } from '../test/conformance/report.ts'
import type { BrokerResult } from '../test/conformance/report.ts'
import { runCases } from '../test/conformance/run-cases.ts'
import { cases31 } from '../test/conformance/v31-cases.ts'
import type { SuiteVersion } from '../test/support/conformance-packets.ts'
import type { Target } from '../test/support/conformance-wire.ts'

const HELP = `npm run conformance -- [options]

  without options       guardbee, on every listener and every store
  --brokers             guardbee, Mosquitto, Aedes, RabbitMQ and NATS, where they are installed; writes RESULTS.md
  --only NAME           of these brokers only this one, and nothing is written; may be repeated
  --host H --port P     a broker that runs already; its state is not kept from the suite
  --websocket-url URL   where that broker serves WebSocket
  --username, --password
  --version V           of MQTT: 5, 4 for 3.1.1, 3 for 3.1; may be repeated
`
const AT_ONCE = 16
const VERSIONS: readonly SuiteVersion[] = [5, 4, 3]

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    brokers: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    host: { type: 'string' },
    port: { type: 'string' },
    'websocket-url': { type: 'string' },
    username: { type: 'string' },
    password: { type: 'string' },
    version: { type: 'string', multiple: true, default: VERSIONS.map(String) },
  },
})
const asked = VERSIONS.filter(version => values.version.includes(String(version)))
if (asked.length < values.version.length) throw new Error('--version wants 5, 4 or 3')

if (values.help) process.stdout.write(HELP)
else if (values.host !== undefined || values.port !== undefined) failUnlessPassed(await judgeGiven())
else if (values.brokers || values.only !== undefined) await compareBrokers(values.only)
else await judgeEveryListener()

/** Every broker of the comparison, one after the other. */
async function compareBrokers(only: readonly string[] | undefined): Promise<void> {
  const unknown = only?.filter(name => comparedBrokers[name] === undefined) ?? []
  if (unknown.length > 0) throw new Error(`--only knows ${Object.keys(comparedBrokers).join(', ')}`)
  const results: BrokerResult[] = []
  for (const [name, start] of Object.entries(comparedBrokers)) {
    if (only?.includes(name) === false) continue
    const broker = await start()
    if (broker === undefined) process.stdout.write(`${name} is not installed here\n\n`)
    else results.push(await judgeStarted(broker))
  }
  reportUnknownFaults(results)
  if (only !== undefined) return
  const page = fileURLToPath(new URL('../test/conformance/RESULTS.md', import.meta.url))
  writeFileSync(page, resultsPage(results, allStatements))
  process.stdout.write('test/conformance/RESULTS.md is written\n')
}

/** Each fault of Mosquitto was looked at by hand; one that was not may be a fault of the suite. */
function reportUnknownFaults(results: readonly BrokerResult[]): void {
  const unknown = results
    .filter(({ name, release }) => name === 'Mosquitto' && release === MOSQUITTO_RELEASE)
    .flatMap(result => allFailures(result).filter(({ title }) => MOSQUITTO_FAULTS[title] === undefined))
  for (const { title } of unknown) process.stdout.write(`not a known fault of Mosquitto: ${title}\n`)
  if (unknown.length > 0) process.exitCode = 1
}

async function judgeStarted({ name, release, versions, target, stop }: StartedBroker): Promise<BrokerResult> {
  try {
    return await judge(name, release, versions, target)
  } finally {
    await stop()
  }
}

/** guardbee, with all chapters for each listener and store. */
async function judgeEveryListener(): Promise<void> {
  for (const store of STORES) {
    const { targets, stop } = await startEveryListener(store)
    try {
      for (const listener of LISTENERS) {
        failUnlessPassed(await judge('guardbee', `over ${listener}, ${store} store`, VERSIONS, targets[listener]))
      }
    } finally {
      await stop()
    }
  }
}

function judgeGiven(): Promise<BrokerResult> {
  const { host = '127.0.0.1', port = '1883', username, password, 'websocket-url': websocketUrl } = values
  if (!/^\d+$/.test(port) || Number(port) > 65_535) throw new Error('--port wants a port')
  const target: Target = { host, port: Number(port), transport: 'tcp', ca: undefined, websocketUrl, username, password }
  return judge(host, `port ${port}`, VERSIONS, target)
}

async function judge(
  name: string,
  release: string,
  spoken: readonly SuiteVersion[],
  target: Target,
): Promise<BrokerResult> {
  const versions = spoken.filter(version => asked.includes(version))
  const cases = allCases.filter(({ version }) => versions.includes(version))
  const judged = await runCases(target, cases, AT_ONCE)
  const judged31 = await runCases(target, versions.includes(3) ? cases31 : [], AT_ONCE)
  const result = { name, release, versions, judged, judged31 }
  process.stdout.write(`${printedReport(result, allStatements)}\n`)
  return result
}

function failUnlessPassed({ judged, judged31 }: BrokerResult): void {
  if ([...judged, ...judged31].some(({ outcome }) => outcome.kind === 'failed')) process.exitCode = 1
}
