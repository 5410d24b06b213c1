import type { EffectiveSetting } from '../config/read-table.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_OK, STATUS_WRONG } from './command.ts'
import { readConfiguration } from './configuration.ts'
import { problemText } from './problem-text.ts'

/** `guardbee check-config`. */
export const checkConfigCommand: Command = {
  name: 'check-config',
  sentence: 'prints all settings and what is wrong with them, without starting anything',
  run: checkConfig,
}

async function checkConfig(context: CommandContext): Promise<number> {
  const { terminal } = context
  const { problems, effective, fileProblems } = await readConfiguration(context)
  terminal.print(settingsTable(effective))
  if (problems.length > 0) terminal.complain(problemText(problems))
  for (const problem of fileProblems) terminal.complain(problem)
  if (problems.length + fileProblems.length > 0) return STATUS_WRONG
  terminal.print('\nThe configuration is right.')
  return STATUS_OK
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
