import type { EffectiveSetting } from '../config/read-table.ts'
import { readSettings } from '../config/settings.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'
import { problemText } from './problem-text.ts'
import { securityModelFromFile } from './security.ts'

/** `guardbee check-config`. */
export const checkConfigCommand: Command = {
  name: 'check-config',
  sentence: 'prints all settings and what is wrong with them, without starting anything',
  run: checkConfig,
}

async function checkConfig({ environment, facts, terminal }: CommandContext): Promise<number> {
  const { problems, effective } = readSettings(environment, facts)
  terminal.print(settingsTable(effective))
  const file = environment['GUARDBEE_SECURITY_FILE']
  const fileProblem = file === undefined || file === '' ? undefined : await problemOfFile(file, environment)
  if (problems.length > 0) terminal.complain(problemText(problems))
  if (fileProblem !== undefined) terminal.complain(fileProblem)
  if (problems.length > 0 || fileProblem !== undefined) return STATUS_WRONG
  terminal.print('\nThe configuration is right.')
  return STATUS_OK
}

async function problemOfFile(file: string, environment: CommandContext['environment']): Promise<string | undefined> {
  try {
    await securityModelFromFile(file, environment)
    return undefined
  } catch (error) {
    return errorText(error)
  }
}

function settingsTable(effective: readonly EffectiveSetting[]): string {
  const nameWidth = Math.max(...effective.map(({ name }) => name.length))
  const shownWidth = Math.max(...effective.map(({ shown }) => shown.length))
  return effective
    .map(({ name, shown, source }) => `${name.padEnd(nameWidth)}  ${shown.padEnd(shownWidth)}  ${sourceText(source)}`)
    .join('\n')
}

function sourceText(source: EffectiveSetting['source']): string {
  return source === 'wrong' ? 'default, because the environment is wrong' : source
}
