import type { SecurityModel } from '../auth/security-model.ts'
import { SecuritySource, type SecurityReader } from '../auth/security-source.ts'
import type { Clock } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'

/** The security configuration, and how to read it once more. */
export interface SecurityReading {
  readonly model: SecurityModel
  /** Undefined: it stands nowhere where it could be read again. */
  readonly reader: SecurityReader | undefined
}

/**
 * Reads the security configuration again whenever its files change or the process gets SIGHUP; undefined: it stays as
 * it is.
 */
export async function openSecuritySource(
  { model, reader }: SecurityReading,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<SecuritySource | undefined> {
  if (reader === undefined) return undefined
  const source = await SecuritySource.open({ model, reader, clock, log })
  process.on('SIGHUP', () => background(log, 'read the security files again', source.reload()))
  return source
}
