import { tlsFiles } from '../cluster/encryption.ts'
import { readSettings, type SettingsReading } from '../config/settings.ts'
import type { Settings } from '../config/settings-type.ts'
import { readTlsFiles } from '../transport/tls-files.ts'
import type { CommandContext } from './command.ts'
import { errorText } from './error-text.ts'
import { readIssuersFile, securityModelFromFile } from './security.ts'
import { tokenPermissions } from './token-permissions.ts'

/** The variables, and what is wrong with the files that they name. */
export interface ConfigurationReading extends SettingsReading {
  /** One text for each file, or place in one, that cannot be used. */
  readonly fileProblems: readonly string[]
}

/** Reads the whole configuration and finds everything that is wrong with it, variables and files. */
export async function readConfiguration(
  context: Pick<CommandContext, 'environment' | 'facts'>,
): Promise<ConfigurationReading> {
  const { environment, facts } = context
  const reading = readSettings(environment, facts)
  const { settings } = reading
  const found = [
    await problemOf(() => readSecurityFiles(environment, facts)),
    settings && (await problemOf(() => readEncryptionFiles(settings))),
    settings && (await problemOf(async () => tokenPermissions(settings, environment))),
  ]
  return { ...reading, fileProblems: found.filter(problem => problem !== undefined) }
}

/** By the names in the variables, which may be right where another variable is wrong. */
async function readSecurityFiles(
  environment: CommandContext['environment'],
  facts: CommandContext['facts'],
): Promise<void> {
  const security = environment['GUARDBEE_SECURITY_FILE']
  const issuers = environment['GUARDBEE_JWT_ISSUERS_FILE']
  if (security !== undefined && security !== '') await securityModelFromFile(security, environment)
  if (issuers !== undefined && issuers !== '') await readIssuersFile(issuers, environment, facts)
}

async function readEncryptionFiles(settings: Settings): Promise<void> {
  const files = tlsFiles(settings)
  if (files !== undefined) await readTlsFiles(files)
}

async function problemOf(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await read()
    return undefined
  } catch (error) {
    return errorText(error)
  }
}
