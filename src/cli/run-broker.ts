import type { RunningBroker } from '../cluster/primary.ts'
import type { CommandContext } from './command.ts'

/** Starts the broker of this node, with this process as its primary. Loaded only when a command needs it. */
export const startClusterBroker: CommandContext['startBroker'] = async (
  settings,
  security,
  stop,
  reader,
): Promise<RunningBroker> => {
  const { startBroker } = await import('../cluster/primary.ts')
  return await startBroker(settings, security, stop, reader)
}

/** Is a worker until the primary ends it. */
export async function runWorker(): Promise<void> {
  const worker = await import('../cluster/worker.ts')
  await worker.runWorker()
}
