import { resolve } from 'node:path'
import type { EndOfTick } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import type { Permission } from '../core/permissions.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { accessLogJson } from './access-log-json.ts'
import { accessLogLine, additionOf } from './access-log-line.ts'
import type { AccessDetail, AccessEvent } from './access-log-line.ts'
import { LineAppender } from './append-file.ts'
import { RenewedFile } from './renewed-file.ts'
import type { AccessLogModel } from './security-model.ts'

/** Who came to the door and what was decided, in HiveMQ's words; one line each. */
export interface AccessLog {
  authenticationSucceeded(clientId: string, ip: string): void
  authenticationFailed(clientId: string, ip: string, reason: string): void
  authorizationSucceeded(clientId: string, ip: string, permissions: readonly Permission[]): void
  authorizationFailed(clientId: string, ip: string, reason: string): void
  /** Its file may have been moved aside: the next lines go to the file of its name. */
  reopen(): void
  /** Resolves when every line so far is written, or could not be. */
  close(): Promise<void>
}

/** What an access log needs. */
export interface AccessLogOptions {
  readonly model: AccessLogModel
  /** `GUARDBEE_LOG_DIR`; relative to the working folder. */
  readonly logDir: string
  /** Absent: `hivemq`. */
  readonly format?: 'hivemq' | 'json'
  readonly clock: Clock
  readonly log: Log
  readonly endOfTick: EndOfTick
}

/** The absolute path of the access log. */
export function accessLogPath(logDir: string, model: AccessLogModel): string {
  return resolve(logDir, model.subFolder, `${model.fileName}.log`)
}

/** Opens the access log. Rejects with `CONFIGURATION` when its file cannot be opened; one that is off writes nothing. */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { model, logDir, format = 'hivemq', endOfTick, log, clock } = options
  if (!model.enabled) return closedAccessLog
  const path = accessLogPath(logDir, model)
  const file = await openFile(path, clock, log)
  const appender = new LineAppender(file, path, endOfTick, log)
  const lineOf = format === 'json' ? accessLogJson : hivemqLine
  const write: WriteEvent = (event, clientId, ip, detail) => {
    const line = lineOf(clock.nowMs(), event, clientId, ip, detail)
    appender.append(line)
    if (model.writeThrough) log.info('access log', { line })
  }
  return accessLog(write, { reopen: () => file.reopen(), close: () => appender.close() })
}

type WriteEvent = (event: AccessEvent, clientId: string, ip: string, detail: AccessDetail) => void

const NO_DETAIL: AccessDetail = {}

function accessLog(write: WriteEvent, file: Pick<AccessLog, 'reopen' | 'close'>): AccessLog {
  return {
    authenticationSucceeded: (clientId, ip) => write('authentication-succeeded', clientId, ip, NO_DETAIL),
    authenticationFailed: (clientId, ip, reason) => write('authentication-failed', clientId, ip, { reason }),
    authorizationSucceeded: (clientId, ip, permissions) => {
      write('authorization-succeeded', clientId, ip, { permissions })
    },
    authorizationFailed: (clientId, ip, reason) => write('authorization-failed', clientId, ip, { reason }),
    ...file,
  }
}

/** Writes nothing. */
export const closedAccessLog: AccessLog = accessLog(() => {}, { reopen: () => {}, close: () => Promise.resolve() })

function hivemqLine(nowMs: number, event: AccessEvent, clientId: string, ip: string, detail: AccessDetail): string {
  return accessLogLine(nowMs, event, clientId, ip, additionOf(detail))
}

async function openFile(path: string, clock: Clock, log: Log): Promise<RenewedFile> {
  try {
    return await RenewedFile.open(path, clock, log)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    throw new BrokerError('CONFIGURATION', `the access log ${path} cannot be opened: ${why}`, { cause: error })
  }
}
