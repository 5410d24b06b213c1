import type { Log } from '../ports/telemetry.ts'
import type { Terminal } from './terminal.ts'

/** Shows what a command's parts warn of on standard error, so that standard output holds what was asked for alone. */
export function terminalLog(terminal: Terminal): Log {
  const show = (event: string, why?: string): void => {
    terminal.complain(why === undefined ? `warning: ${event}` : `warning: ${event}: ${why}`)
  }
  return {
    debug: () => {},
    info: () => {},
    warn: (event, fields) => show(event, fields?.['cause']?.toString()),
    error: (event, error) => show(event, error instanceof Error ? error.message : undefined),
  }
}
