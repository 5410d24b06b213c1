import { tlsFiles } from '../cluster/encryption.ts'
import type { EffectiveSetting } from '../config/read-table.ts'
import { readSettings } from '../config/settings.ts'
import type { Settings } from '../config/settings-type.ts'
import { readTlsFiles } from '../transport/tls-files.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_OK, STATUS_WRONG } from './command.ts'
import { errorText } from './error-text.ts'
import { problemText } from './problem-text.ts'
import { readIssuersFile, securityModelFromFile } from './security.ts'
import { tokenPermissions } from './token-permissions.ts'

/** `guardbee check-config`. */
export const checkConfigCommand: Command = {
  name: 'check-config',
  sentence: 'prints all settings and what is wrong with them, without starting anything',
  run: checkConfig,
}

async function checkConfig({ environment, facts, terminal }: CommandContext): Promise<number> {
  const { settings, problems, effective } = readSettings(environment, facts)
  terminal.print(settingsTable(effective))
  const fileProblem = await problemOfFile(
    { security: environment['GUARDBEE_SECURITY_FILE'], issuers: environment['GUARDBEE_JWT_ISSUERS_FILE'] },
    { environment, facts },
  )
  const tlsProblem = settings === undefined ? undefined : await problemOfTlsFiles(settings)
  if (problems.length > 0) terminal.complain(problemText(problems))
  const rolesProblem = settings === undefined ? undefined : problemOfRoles(settings, environment)
  const fileProblems = [fileProblem, tlsProblem, rolesProblem].filter(problem => problem !== undefined)
  for (const problem of fileProblems) terminal.complain(problem)
  if (problems.length + fileProblems.length > 0) return STATUS_WRONG
  terminal.print('\nThe configuration is right.')
  return STATUS_OK
}

async function problemOfFile(
  files: { readonly security: string | undefined; readonly issuers: string | undefined },
  { environment, facts }: Pick<CommandContext, 'environment' | 'facts'>,
): Promise<string | undefined> {
  try {
    if (files.security !== undefined && files.security !== '') await securityModelFromFile(files.security, environment)
    if (files.issuers !== undefined && files.issuers !== '') await readIssuersFile(files.issuers, environment, facts)
    return undefined
  } catch (error) {
    return errorText(error)
  }
}

function problemOfRoles(settings: Settings, environment: CommandContext['environment']): string | undefined {
  try {
    tokenPermissions(settings, environment)
    return undefined
  } catch (error) {
    return errorText(error)
  }
}

async function problemOfTlsFiles(settings: Settings): Promise<string | undefined> {
  const files = tlsFiles(settings)
  try {
    if (files !== undefined) await readTlsFiles(files)
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
