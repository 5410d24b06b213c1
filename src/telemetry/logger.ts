import { type Logger, pino } from 'pino'
import type { Log, LogFields } from '../ports/telemetry.ts'
import { loggedError } from './logged-error.ts'
import { redactedField } from './redact.ts'

const BUFFERED_BYTES_MAX = 8 * 1024 * 1024
/** The processes of a node share a pipe, which keeps a write in one piece up to this size (PIPE_BUF). */
const WRITE_BYTES_MAX = 4096

/** Least severe events that are logged. The broker logs nothing as `trace`; the level is known for its libraries' sake. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** How a process logs. */
export interface LoggerOptions {
  readonly level: LogLevel
  /** Which process of the node speaks: `primary`, `worker 1`. */
  readonly process: string
  /** File descriptor that the lines go to: 1 standard output, 2 standard error. */
  readonly fd: number
}

/**
 * The structured log: one JSON object a line, with ISO time. Lines are written in the background and on exit; when the
 * reader of the descriptor stalls, 8 MiB of them wait and what comes after is dropped.
 */
export function createLogger({ level, process, fd }: LoggerOptions): Log {
  const destination = pino.destination({
    fd,
    sync: false,
    maxLength: BUFFERED_BYTES_MAX,
    maxWrite: WRITE_BYTES_MAX,
  })
  const logger = pino(
    {
      level,
      base: { name: 'guardbee', process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    destination,
  )
  return logOn(logger)
}

function logOn(logger: Logger): Log {
  return {
    debug: (event, fields) => {
      // Asked for each connection and usually not wanted.
      if (logger.isLevelEnabled('debug')) logger.debug(safeFields(fields), event)
    },
    info: (event, fields) => logger.info(safeFields(fields), event),
    warn: (event, fields) => logger.warn(safeFields(fields), event),
    error: (event, error, fields) => logger.error({ ...safeFields(fields), error: loggedError(error) }, event),
  }
}

/** The second net: the first is that nobody hands a secret to the log. */
function safeFields(fields: LogFields | undefined): Record<string, unknown> {
  const safe: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields ?? {})) safe[name] = redactedField(name, value)
  return safe
}
