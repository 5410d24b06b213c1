import { readFile } from 'node:fs/promises'
import { securityModelFromSettings } from '../auth/environment-security-model.ts'
import { readEseFile } from '../auth/ese-xml.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Environment } from '../config/setting.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'

const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 30_000

/** Reads the security file; rejects with `SECURITY_FILE` and everything that is wrong with it. */
export async function securityModelFromFile(file: string, environment: Environment): Promise<SecurityModel> {
  return readEseFile(await textOf(file), file, environment)
}

/**
 * The model that the `GUARDBEE_JWT_*` variables make. Where they do not name the keys, the issuer is asked, again and
 * again at growing intervals while it cannot answer, because a broker that starts before its issuer should come up with it.
 */
export async function securityModelFromIssuer(
  issuer: string,
  settings: Settings,
  log: Log,
  context: Pick<CommandContext, 'clock' | 'discoverJwksUri'>,
): Promise<SecurityModel> {
  const { jwtAudience: audience, jwtScope: scope, jwtScopeClaim: scopeClaim } = settings
  if (audience === undefined) log.warn('tokens are accepted whatever their audience is', { issuer })
  const jwksUri = settings.jwtJwksUri ?? (await discover(issuer, log, context))
  return securityModelFromSettings({ issuer, jwksUri, audience, scope, scopeClaim })
}

async function discover(
  issuer: string,
  log: Log,
  { clock, discoverJwksUri }: Pick<CommandContext, 'clock' | 'discoverJwksUri'>,
): Promise<string> {
  for (let retryMs = RETRY_MS_MIN; ; retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)) {
    try {
      const jwksUri = await discoverJwksUri(issuer, { clock })
      log.info('issuer looked up', { issuer, jwksUri })
      return jwksUri
    } catch (error) {
      if (!(error instanceof BrokerError) || error.code !== 'KEY_SET_UNAVAILABLE') throw error
      log.warn('issuer cannot be looked up yet', { issuer, cause: error.message, retryMs })
      await pause(clock, retryMs)
    }
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => clock.after(delayMs, resolve))
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new BrokerError('SECURITY_FILE', `${file} cannot be read`, { cause })
  }
}
