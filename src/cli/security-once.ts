import type { KeySetSource } from '../auth/key-set-source.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { securityModelFromFile, securityModelFromVariables } from './security.ts'

const KEYS_MS = 6_000
const KEYS_CHECK_MS = 20

/** The model that `start` would run with; rejects where an issuer gives no answer, which a broker would wait for. */
export async function securityOnce(settings: Settings, log: Log, context: CommandContext): Promise<SecurityModel> {
  const { securityFile } = settings
  if (securityFile !== undefined) return await securityModelFromFile(securityFile, context.environment)
  const discoverIssuer = askOnce(context.discoverIssuer)
  return await securityModelFromVariables(settings, log, { ...context, discoverIssuer })
}

/** Waits until each realm has keys or has failed to get them, for six seconds at most. */
export async function firstKeys(keySets: KeySetSource, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = clock.every(KEYS_CHECK_MS, () => keySets.settled && resolve())
  const limit = clock.after(KEYS_MS, resolve)
  await promise
  check.cancel()
  limit.cancel()
}

function askOnce(discoverIssuer: CommandContext['discoverIssuer']): CommandContext['discoverIssuer'] {
  return async (issuer, options) => {
    try {
      return await discoverIssuer(issuer, options)
    } catch (cause) {
      if (!(cause instanceof BrokerError)) throw cause
      // Of another code than the one after which it is asked again.
      throw new BrokerError('CONFIGURATION', cause.message, { cause: cause.cause })
    }
  }
}
