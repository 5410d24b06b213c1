import { readFile } from 'node:fs/promises'
import { securityModelFromSettings, securityModelOfIssuers } from '../auth/environment-security-model.ts'
import { readEseFile } from '../auth/ese-xml.ts'
import { checkIntrospectionEndpoints } from '../auth/jwt-managers.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import { readIssuers } from '../config/issuers-file.ts'
import type { Environment, Facts } from '../config/setting.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { issuerSettings } from './issuer-settings.ts'
import { problemText } from './problem-text.ts'
import { tokenPermissions } from './token-permissions.ts'

/** Reads the security file; rejects with `SECURITY_FILE` and everything that is wrong with it. */
export async function securityModelFromFile(file: string, environment: Environment): Promise<SecurityModel> {
  const model = readEseFile(await textOf(file, 'SECURITY_FILE'), file, environment)
  checkIntrospectionEndpoints(model)
  return model
}

/** The model that the `GUARDBEE_JWT_*` variables make, and the file of issuers where they name one. */
export async function securityModelFromVariables(
  settings: Settings,
  log: Log,
  context: Pick<CommandContext, 'environment' | 'facts' | 'clock' | 'discoverIssuer'>,
): Promise<SecurityModel> {
  const issuers = await issuersOf(settings, context)
  const permissions = issuers.map(({ said }) => tokenPermissions(said, context.environment))
  const known = await Promise.all(
    issuers.map(async ({ issuer, said }, index) => ({
      ...(await issuerSettings(issuer, said, log, context)),
      ...permissions[index],
    })),
  )
  // However many a file names, for it may name more or fewer when it is read again.
  return settings.jwtIssuersFile === undefined ? securityModelFromSettings(...known) : securityModelOfIssuers(known)
}

/** Reads the file of issuers; rejects with `CONFIGURATION` and everything that is wrong with it. */
export async function readIssuersFile(
  file: string,
  environment: Environment,
  facts: Facts,
): Promise<readonly Settings[]> {
  const { issuers, problems } = readIssuers(await textOf(file, 'CONFIGURATION'), environment, facts)
  if (problems.length > 0) throw new BrokerError('CONFIGURATION', problemText(problems))
  return issuers
}

/** Each issuer with what is said of it: by the variables of all, or by its place in the file. */
async function issuersOf(
  settings: Settings,
  { environment, facts }: Pick<CommandContext, 'environment' | 'facts'>,
): Promise<readonly { readonly issuer: string; readonly said: Settings }[]> {
  const { jwtIssuer, jwtIssuersFile } = settings
  if (jwtIssuersFile !== undefined) {
    const issuers = await readIssuersFile(jwtIssuersFile, environment, facts)
    return issuers.map(said => ({ issuer: said.jwtIssuer ?? '', said }))
  }
  return (jwtIssuer?.split(' ') ?? []).map(issuer => ({ issuer, said: settings }))
}

/** Rejects with `code` where the file cannot be read. */
export async function textOf(file: string, code: 'SECURITY_FILE' | 'CONFIGURATION'): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new BrokerError(code, `${file} cannot be read`, { cause })
  }
}
