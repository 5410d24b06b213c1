import { IntrospectionSource } from '../auth/introspection-source.ts'
import { KeySetSource } from '../auth/key-set-source.ts'
import { Revocations } from '../auth/revocations.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import { openExplainDesk } from '../cluster/explaining.ts'
import type { Settings } from '../config/settings-type.ts'
import { BrokerError } from '../core/errors.ts'
import type { Clock } from '../ports/clock.ts'
import { background } from '../ports/telemetry.ts'
import type { Log } from '../ports/telemetry.ts'
import type { CommandContext } from './command.ts'
import { readConfiguration } from './configuration.ts'
import { refusalText } from './problem-text.ts'
import { securityModelFromFile, securityModelFromVariables } from './security.ts'
import { terminalLog } from './terminal-log.ts'
import type { Explained } from './explained.ts'

const KEYS_MS = 6_000
const KEYS_CHECK_MS = 20

/** Explains with the configuration of this process; or says why that cannot be used. */
export async function explainHere(form: URLSearchParams, context: CommandContext): Promise<Explained | string> {
  const { clock, random, terminal } = context
  const { settings, problems, fileProblems } = await readConfiguration(context)
  if (settings === undefined) return refusalText(problems)
  if (fileProblems.length > 0) return fileProblems.join('\n')
  const log = terminalLog(terminal)
  const model = await securityModel(settings, log, context)
  // What keeps keys away is told with the step that lacks them.
  const keySets = new KeySetSource({ realms: model.realms, clock, random, log: { ...log, warn: () => {} } })
  const introspections = new IntrospectionSource({ realms: model.realms, clock, log })
  try {
    background(log, 'fetch of the keys', keySets.start())
    await firstKeys(keySets, clock)
    const parts = { model: () => model, keySets, introspections, revocations: new Revocations(), clock, log }
    const answer = await openExplainDesk(settings, parts).answer(form)
    if (answer.kind === 'explained') return answer
    return answer.kind === 'fault' ? answer.text : 'busy'
  } finally {
    keySets.close()
    introspections.close()
  }
}

async function securityModel(settings: Settings, log: Log, context: CommandContext): Promise<SecurityModel> {
  const { securityFile } = settings
  if (securityFile !== undefined) return await securityModelFromFile(securityFile, context.environment)
  return await securityModelFromVariables(settings, log, {
    ...context,
    discoverIssuer: askOnce(context.discoverIssuer),
  })
}

/** A broker waits for an issuer that gives no answer; who asks about a token is told of it instead. */
function askOnce(discoverIssuer: CommandContext['discoverIssuer']): CommandContext['discoverIssuer'] {
  return async (issuer, options) => {
    try {
      return await discoverIssuer(issuer, options)
    } catch (cause) {
      if (!(cause instanceof BrokerError)) throw cause
      throw new BrokerError('CONFIGURATION', cause.message, { cause: cause.cause })
    }
  }
}

/** Waits until each realm has keys or has failed to get them, for six seconds at most. */
async function firstKeys(keySets: KeySetSource, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const check = clock.every(KEYS_CHECK_MS, () => keySets.settled && resolve())
  const limit = clock.after(KEYS_MS, resolve)
  await promise
  check.cancel()
  limit.cancel()
}
