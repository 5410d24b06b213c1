import { parseArgs } from 'node:util'
import type { Settings } from '../../config/settings-type.ts'
import type { Command, CommandContext } from '../command.ts'
import { STATUS_FAILED, STATUS_OK, STATUS_WRONG } from '../command.ts'
import { readConfiguration } from '../configuration.ts'
import { readTokenInput } from '../token-input.ts'
import { type Check, runChecks } from './bounded-checks.ts'
import { certificateFindings } from './certificate-checks.ts'
import { fail, type Finding, ok } from './finding.ts'
import { folderFindings, hostLimits, limitFindings } from './host-checks.ts'
import { checkIssuers } from './issuer-checks.ts'
import { portFindings } from './port-checks.ts'
import { redisFindings } from './redis-checks.ts'

const USAGE = [
  'Usage: guardbee doctor [--file TOKEN_FILE] [--json]',
  '',
  'Looks at everything that a broker with this configuration needs, one line for each. With a file it also says whether',
  'the token in it would be let in. Status 0: clients can come in, warnings or not; 1: something keeps them out.',
].join('\n')
const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

/** `guardbee doctor`. */
export const doctorCommand: Command = {
  name: 'doctor',
  sentence: 'looks at issuers, clocks, Redis, ports, certificates and limits, and says what to do',
  takesArguments: true,
  run: doctor,
}

async function doctor(context: CommandContext, args: readonly string[] = []): Promise<number> {
  const { terminal, clock } = context
  const given = readArguments(args)
  if (typeof given === 'string') return complain(context, `${given}\n\n${USAGE}`)
  const input =
    given.file === undefined ? undefined : await readTokenInput({ argument: undefined, file: given.file }, context)
  if (typeof input === 'string') return complain(context, input)
  const { settings, problems, fileProblems } = await readConfiguration(context)
  const wrong = [...problems.map(({ names, text }) => `${names.join(', ')}: ${text}`), ...fileProblems]
  const configuration = wrong.map(text => fail('configuration', text, 'see `guardbee check-config`'))
  const checks = settings === undefined || fileProblems.length > 0 ? [] : checksFor(settings, input?.token, context)
  const right = wrong.length === 0 ? [ok('configuration', 'can be used')] : configuration
  const findings = [...right, ...(await runChecks(checks, clock))]
  terminal.print(given.json ? JSON.stringify(findings, null, 2) : findingsText(findings))
  return findings.some(({ outcome }) => outcome === 'fail') ? STATUS_FAILED : STATUS_OK
}

function checksFor(settings: Settings, token: string | undefined, context: CommandContext): readonly Check[] {
  const { clock, random } = context
  return [
    { name: 'issuers', look: () => checkIssuers({ settings, context, token }) },
    { name: 'certificates', look: () => certificateFindings(settings, clock.nowMs()) },
    { name: 'redis', look: () => redisFindings(settings, clock, random) },
    { name: 'ports', look: () => portFindings(settings, clock) },
    { name: 'folders', look: () => folderFindings(settings) },
    { name: 'limits', look: async () => limitFindings(await hostLimits(), settings) },
  ]
}

function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const indent = ' '.repeat(width + 8)
  return findings
    .flatMap(({ check, outcome, text, advice }) => [
      `${MARKS[outcome]}  ${check.padEnd(width)}  ${text.replaceAll('\n', `\n${indent}`)}`,
      ...(advice === undefined ? [] : [`${indent}→ ${advice}`]),
    ])
    .join('\n')
}

function complain({ terminal }: CommandContext, why: string): number {
  terminal.complain(why)
  return STATUS_WRONG
}

function readArguments(
  args: readonly string[],
): { readonly file: string | undefined; readonly json: boolean } | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { file: { type: 'string' }, json: { type: 'boolean' } } })
    return { file: values.file, json: values.json === true }
  } catch (error) {
    return error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : String(error)
  }
}
