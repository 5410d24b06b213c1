import type { SecurityModel } from '../auth/security-model.ts'
import { SecuritySource } from '../auth/security-source.ts'
import type { Clock } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'

/** The security configuration, and how to read it once more. */
export interface SecurityReading {
  readonly model: SecurityModel
  /** Undefined: it stands in no file. */
  readonly readAgain: (() => Promise<SecurityModel>) | undefined
}

/**
 * Reads the files of the security configuration again whenever they change or the process gets SIGHUP; undefined:
 * there are none.
 */
export async function openSecuritySource(
  { model, readAgain }: SecurityReading,
  file: string | undefined,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<SecuritySource | undefined> {
  if (readAgain === undefined) return undefined
  const source = await SecuritySource.open({ model, read: readAgain, file, clock, log })
  process.on('SIGHUP', () => background(log, 'read the security files again', source.reload()))
  return source
}
