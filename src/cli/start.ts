import { BrokerError } from '../core/errors.ts'
import { busyPorts } from './busy-ports.ts'
import type { Command, CommandContext } from './command.ts'
import { STATUS_FAILED, STATUS_WRONG } from './command.ts'
import { readConfiguration } from './configuration.ts'
import { errorText } from './error-text.ts'
import { wantedPorts } from './wanted-ports.ts'
import { refusalText } from './problem-text.ts'
import { SecurityConfiguration } from './security-configuration.ts'
import { serve } from './serve.ts'
import { startUntilStopped } from './start-until-stopped.ts'

/** `guardbee start`. */
export const startCommand: Command = {
  name: 'start',
  sentence: 'runs the broker as the GUARDBEE_* variables say',
  run: start,
}

async function start(context: CommandContext): Promise<number> {
  const { terminal } = context
  const { settings, problems, fileProblems } = await readConfiguration(context)
  const busy = settings === undefined ? [] : await busyPorts(wantedPorts(settings))
  if (problems.length + busy.length > 0) terminal.complain(refusalText([...problems, ...busy]))
  for (const problem of fileProblems) terminal.complain(problem)
  if (settings === undefined || fileProblems.length > 0) return STATUS_WRONG
  if (busy.length > 0) return STATUS_FAILED
  try {
    const configuration = new SecurityConfiguration(context)
    const security = await configuration.first(settings)
    const broker = await startUntilStopped(settings, security, context, configuration)
    return await serve(broker, context)
  } catch (error) {
    terminal.complain(`guardbee could not start: ${errorText(error)}`)
    return isConfiguration(error) ? STATUS_WRONG : STATUS_FAILED
  }
}

function isConfiguration(error: unknown): boolean {
  return error instanceof BrokerError && (error.code === 'SECURITY_FILE' || error.code === 'CONFIGURATION')
}
