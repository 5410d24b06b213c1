import type { Log, LogFields } from '../../../src/ports/telemetry.ts'

/** One call of a log. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: LogFields | undefined
  readonly error?: unknown
}

/** A log that keeps what it was told. */
export class RecordingLog implements Log {
  readonly entries: LogEntry[] = []

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
