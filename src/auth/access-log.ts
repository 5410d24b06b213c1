import { resolve } from 'node:path'
import type { EndOfTick } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import type { Permission } from '../core/permissions.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import { accessLogLine, permissionsAddition, reasonAddition } from './access-log-line.ts'
import type { AccessEvent } from './access-log-line.ts'
import { LineAppender, openAppendTarget } from './append-file.ts'
import type { AccessLogModel } from './security-model.ts'

/** Who came to the door and what was decided, in HiveMQ's words; one line each. */
export interface AccessLog {
  authenticationSucceeded(clientId: string, ip: string): void
  authenticationFailed(clientId: string, ip: string, reason: string): void
  authorizationSucceeded(clientId: string, ip: string, permissions: readonly Permission[]): void
  authorizationFailed(clientId: string, ip: string, reason: string): void
  /** Resolves when every line so far is written, or could not be. */
  close(): Promise<void>
}

/** What an access log needs. */
export interface AccessLogOptions {
  readonly model: AccessLogModel
  /** `GUARDBEE_LOG_DIR`; relative to the working folder. */
  readonly logDir: string
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
  const { model, logDir, endOfTick, log, clock } = options
  if (!model.enabled) return closedAccessLog
  const path = accessLogPath(logDir, model)
  const appender = new LineAppender(await openTarget(path), path, endOfTick, log)
  const write = (event: AccessEvent, clientId: string, ip: string, addition: string): void => {
    const line = accessLogLine(clock.nowMs(), event, clientId, ip, addition)
    appender.append(line)
    if (model.writeThrough) log.info('access log', { line })
  }
  return accessLog(write, () => appender.close())
}

function accessLog(
  write: (event: AccessEvent, clientId: string, ip: string, addition: string) => void,
  close: () => Promise<void>,
): AccessLog {
  return {
    authenticationSucceeded: (clientId, ip) => write('authentication-succeeded', clientId, ip, ''),
    authenticationFailed: (clientId, ip, reason) => {
      write('authentication-failed', clientId, ip, reasonAddition(reason))
    },
    authorizationSucceeded: (clientId, ip, permissions) => {
      write('authorization-succeeded', clientId, ip, permissionsAddition(permissions))
    },
    authorizationFailed: (clientId, ip, reason) => write('authorization-failed', clientId, ip, reasonAddition(reason)),
    close,
  }
}

async function openTarget(path: string): ReturnType<typeof openAppendTarget> {
  try {
    return await openAppendTarget(path)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown error'
    throw new BrokerError('CONFIGURATION', `the access log ${path} cannot be opened: ${why}`, { cause: error })
  }
}

async function noFile(): Promise<void> {}

/** Writes nothing. */
export const closedAccessLog: AccessLog = accessLog(() => {}, noFile)
