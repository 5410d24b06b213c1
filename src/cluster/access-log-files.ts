import { AccessLogRotation } from '../auth/access-log-rotation.ts'
import { accessLogPath } from '../auth/access-log.ts'
import type { AccessLogModel } from '../auth/security-model.ts'
import type { Settings } from '../config/settings-type.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'

const MIB = 1024 * 1024

/**
 * Moves the access log of this node aside, where that is wanted; and tells on SIGHUP that it may be another file, for
 * somebody else has moved it. Undefined: nothing is moved here.
 */
export function openAccessLogRotation(
  settings: Settings,
  model: AccessLogModel,
  { clock, log, reopen }: { readonly clock: Clock; readonly log: Log; readonly reopen: () => void },
): AccessLogRotation | undefined {
  if (!model.enabled) return undefined
  process.on('SIGHUP', reopen)
  if (settings.accessLogRotation === 'off') return undefined
  const file = accessLogPath(settings.logDir, model)
  const { accessLogFileMib, accessLogFiles: filesMax } = settings
  return new AccessLogRotation({ file, bytesMax: accessLogFileMib * MIB, filesMax, clock, log })
}
