import type { Log, LogFields } from '../../src/ports/telemetry.ts'

/** One call of the log. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly error?: unknown
  readonly fields: LogFields | undefined
}

/** A log that a test can read. */
export class RecordingLog implements Log {
  readonly entries: LogEntry[] = []

  /** The messages of the errors that were logged. */
  get errors(): string[] {
    return this.entries.filter(entry => entry.level === 'error').map(entry => String(entry.error))
  }

  debug(event: string, fields?: LogFields): void {
    this.entries.push({ level: 'debug', event, fields })
  }

  info(event: string, fields?: LogFields): void {
    this.entries.push({ level: 'info', event, fields })
  }

  warn(event: string, fields?: LogFields): void {
    this.entries.push({ level: 'warn', event, fields })
  }

  error(event: string, error: unknown, fields?: LogFields): void {
    this.entries.push({ level: 'error', event, fields, error })
  }
}
