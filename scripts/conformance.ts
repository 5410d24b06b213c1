/**
 * Runs the conformance suite. Without arguments: against guardbee and every other broker that is installed, each started
 * here, and writes `test/conformance/RESULTS.md`. With `--host` and `--port`: against that broker only.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { allCases, allStatements } from '../test/conformance/all-cases.ts'
import { comparedBrokers } from '../test/conformance/compared-brokers.ts'
import { printedReport, resultsPage } from '../test/conformance/report.ts'
import type { BrokerResult } from '../test/conformance/report.ts'
import { runCases } from '../test/conformance/run-cases.ts'
import type { SuiteVersion } from '../test/support/conformance-packets.ts'
import type { Target } from '../test/support/conformance-wire.ts'

const AT_ONCE = 16

const { values } = parseArgs({
  options: {
    host: { type: 'string' },
    port: { type: 'string' },
    'websocket-url': { type: 'string' },
    username: { type: 'string' },
    password: { type: 'string' },
    version: { type: 'string', multiple: true, default: ['5', '4'] },
    only: { type: 'string', multiple: true },
  },
})

if (values.port === undefined && values.host === undefined) await compareAll()
else await judgeOne(givenTarget())

/** Every broker of the comparison, one after the other. */
async function compareAll(): Promise<void> {
  const results: BrokerResult[] = []
  for (const [name, start] of Object.entries(comparedBrokers)) {
    if (values.only !== undefined && !values.only.includes(name)) continue
    const broker = await start()
    if (broker === undefined) {
      process.stdout.write(`${name} is not installed here\n\n`)
      continue
    }
    try {
      const { release, versions, target } = broker
      results.push(await judge(broker.name, release, versions, target))
    } finally {
      await broker.stop()
    }
  }
  if (values.only !== undefined) return
  const page = fileURLToPath(new URL('../test/conformance/RESULTS.md', import.meta.url))
  writeFileSync(page, resultsPage(results, allStatements))
  process.stdout.write('test/conformance/RESULTS.md is written\n')
}

async function judgeOne(target: Target): Promise<void> {
  const versions = values.version.map(Number).filter(isSuiteVersion)
  const result = await judge(target.host, `port ${target.port}`, versions, target)
  if (result.judged.some(({ outcome }) => outcome.kind === 'failed')) process.exitCode = 1
}

async function judge(
  name: string,
  release: string,
  versions: readonly SuiteVersion[],
  target: Target,
): Promise<BrokerResult> {
  const cases = allCases.filter(({ version }) => versions.includes(version))
  const judged = await runCases(target, cases, AT_ONCE)
  const result = { name, release, versions, judged }
  process.stdout.write(`${printedReport(result, allStatements)}\n`)
  return result
}

function givenTarget(): Target {
  const { host = '127.0.0.1', port = '1883', username, password } = values
  return { host, port: Number(port), websocketUrl: values['websocket-url'], username, password }
}

function isSuiteVersion(version: number): version is SuiteVersion {
  return version === 4 || version === 5
}
