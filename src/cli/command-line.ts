import os from 'node:os'
import { parseArgs } from 'node:util'
import { discoverIssuer } from '../auth/discovery.ts'
import { nearestName } from '../config/nearest-name.ts'
import { createLogger } from '../telemetry/logger.ts'
import { systemClock } from '../telemetry/system-clock.ts'
import { systemRandom } from '../telemetry/system-random.ts'
import { checkConfigCommand } from './check-config.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_WRONG } from './command.ts'
import { devCommand } from './dev.ts'
import { doctorCommand } from './doctor/doctor.ts'
import { helpCommand, helpText } from './help.ts'
import { importCommand } from './import-ese.ts'
import { revokeCommand } from './revoke.ts'
import { startClusterBroker } from './run-broker.ts'
import { startCommand } from './start.ts'
import { readStandardInput } from './standard-input.ts'
import { processSignals } from './stop-signals.ts'
import { storeCommand } from './store.ts'
import { processTerminal } from './terminal.ts'
import { tokenCommand } from './token.ts'
import { versionCommand } from './version.ts'

const STANDARD_OUTPUT = 1

const workingCommands = [
  startCommand,
  devCommand,
  checkConfigCommand,
  doctorCommand,
  revokeCommand,
  tokenCommand,
  importCommand,
  storeCommand,
  versionCommand,
]
const commands: readonly Command[] = [...workingCommands, helpCommand(workingCommands)]

/** Runs the command that the arguments name, on this process, and resolves with its exit status. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  return await runCommand(args, {
    environment: process.env,
    facts: { cores: os.availableParallelism() },
    terminal: processTerminal,
    clock: systemClock,
    random: systemRandom,
    signals: processSignals,
    startBroker: startClusterBroker,
    createLog: level => createLogger({ level, process: 'command', fd: STANDARD_OUTPUT }),
    discoverIssuer,
    readInput: readStandardInput,
  })
}

/** Runs the command that the arguments name; one that is not understood is refused with the nearest that is. */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const [first, ...rest] = args
  const reader = commands.find(command => command.takesArguments === true && command.name === first)
  if (reader !== undefined) return await reader.run(context, rest)
  const chosen = choose(args)
  if (typeof chosen !== 'string') return await chosen.run(context)
  context.terminal.complain(`${chosen}\n\n${helpText(commands)}`)
  return STATUS_WRONG
}

/** The command, or what is wrong with the arguments. */
function choose(args: readonly string[]): Command | string {
  const parsed = parse(args)
  if (typeof parsed === 'string') return parsed
  const [name = '', ...rest] = parsed.words
  if (rest.length > 0) return `\`guardbee ${name}\` takes no arguments, found ${JSON.stringify(rest[0])}.`
  return commands.find(command => command.name === name) ?? unknownCommand(name)
}

function unknownCommand(name: string): string {
  if (name === '') return 'No command given.'
  const nearest = nearestName(
    name,
    commands.map(command => command.name),
  )
  const hint = nearest === undefined ? '' : ` Did you mean \`${nearest}\`?`
  return `Unknown command ${JSON.stringify(name)}.${hint}`
}

/** `--help` and `--version` are commands too, because everybody tries them first. */
function parse(args: readonly string[]): { readonly words: readonly string[] } | string {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } },
    })
    if (values.help === true) return { words: ['help'] }
    return { words: values.version === true ? ['version'] : positionals }
  } catch (error) {
    // Node's message goes on with advice on the `--` that these commands have no use for.
    return error instanceof Error ? `${error.message.split('. ', 1)[0]}.` : String(error)
  }
}
