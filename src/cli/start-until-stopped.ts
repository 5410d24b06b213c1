import type { SecurityModel } from '../auth/security-model.ts'
import type { SecurityReader } from '../auth/security-source.ts'
import type { RunningBroker } from '../cluster/primary.ts'
import type { Settings } from '../config/settings-type.ts'
import type { CommandContext } from './command.ts'

/** Starts the broker; a signal while it waits, for the keys of an issuer say, ends it in order, with `STOPPED`. */
export async function startUntilStopped(
  settings: Settings,
  security: SecurityModel,
  { signals, startBroker }: Pick<CommandContext, 'signals' | 'startBroker'>,
  reader?: SecurityReader,
): Promise<RunningBroker> {
  const stop = new AbortController()
  const unsubscribe = signals.subscribe(() => stop.abort())
  try {
    return await startBroker(settings, security, stop.signal, reader)
  } finally {
    unsubscribe()
  }
}
