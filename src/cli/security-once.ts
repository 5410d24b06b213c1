import type { KeySetSource } from '../auth/key-set-source.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { KnownIssuers } from './known-issuers.ts'
import { securityModelFromFile, securityModelFromVariables } from './security.ts'

const KEYS_MS = 6_000
const KEYS_CHECK_MS = 20

/** The model that `start` would run with; rejects where an issuer gives no answer, which a broker would wait for. */
export async function securityOnce(settings: Settings, log: Log, context: CommandContext): Promise<SecurityModel> {
  const { securityFile } = settings
  if (securityFile !== undefined) return await securityModelFromFile(securityFile, context.environment)
  const discoverIssuer = new KnownIssuers(context.discoverIssuer).askOnce
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
