import type { AccessLog } from '../auth/access-log.ts'
import type { Introspections } from '../auth/introspection.ts'
import { jwtAuthenticators } from '../auth/jwt-authenticators.ts'
import type { KeySetsMirror } from '../auth/key-sets-mirror.ts'
import { PasswordPool } from '../auth/password-pool.ts'
import { ListenerPipelines } from '../auth/pipeline.ts'
import { realmIds } from '../auth/realm-id.ts'
import { ReplaceableAccessLog } from '../auth/replaceable-access-log.ts'
import type { Revocations } from '../auth/revocations.ts'
import type { AccessLogModel, SecurityModel } from '../auth/security-model.ts'
import { TokenVerifier } from '../auth/token-verifier.ts'
import { VerifierPool } from '../auth/verifier-pool.ts'
import type { Settings } from '../config/settings-type.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'

/** What the door of a worker is made of. */
export interface WorkerDoorParts {
  readonly settings: Settings
  readonly security: SecurityModel
  readonly keySets: KeySetsMirror
  readonly introspections: Introspections
  readonly revocations: Revocations
  readonly clock: Clock
  readonly random: Random
  readonly endOfTick: EndOfTick
  readonly log: Log
}

/** The door of a worker with what it writes to. */
export interface WorkerDoor {
  readonly door: ListenerPipelines
  readonly accessLog: AccessLog
  /** Lets clients in by another configuration from one moment on, whose keys are here already. Does not reject. */
  readonly use: (security: SecurityModel) => Promise<void>
  /** Ends the threads and writes what is left of the access log. */
  readonly close: () => Promise<unknown>
}

/** Opens the access log and starts the threads. */
export async function openWorkerDoor(parts: WorkerDoorParts): Promise<WorkerDoor> {
  const { settings, security: model, keySets, introspections, revocations, clock, random, endOfTick, log } = parts
  const { logDir, accessLogFormat: format, authFailuresPerAddress, authFailuresPerIssuer } = settings
  const accessLog = await ReplaceableAccessLog.open({ model: model.accessLog, logDir, format, clock, log, endOfTick })
  const pool = new VerifierPool(settings.authThreads, clock, log)
  const verifier = new TokenVerifier({ keySets, pool, clock, endOfTick, log, failuresPerSecond: authFailuresPerIssuer })
  const binding = { clientIdClaim: settings.bindClientId, usernameClaim: settings.bindUsername }
  const jwtAuthenticator = jwtAuthenticators({ verifier, introspections, revocations, clock, random }, binding)
  const passwords = new PasswordPool(clock, log)
  const door = new ListenerPipelines({
    model,
    jwtAuthenticator,
    passwords,
    accessLog,
    log,
    random,
    clock,
    failuresPerSecond: authFailuresPerAddress,
  })
  const openOther = async (other: AccessLogModel): Promise<() => void> => {
    try {
      return await accessLog.prepare(other)
    } catch (error) {
      log.error('the access log stays where it is', error)
      return () => {}
    }
  }
  const use = async (security: SecurityModel): Promise<void> => {
    const takeAccessLog = await openOther(security.accessLog)
    try {
      door.use(security)
    } catch (error) {
      // The primary has looked at it before.
      return log.error('the new security configuration cannot be used, the last good one stays', error)
    }
    takeAccessLog()
    keySets.retain(realmIds(security.realms))
    verifier.retain(realmIds(security.realms))
  }
  return { door, accessLog, use, close: () => Promise.all([accessLog.close(), pool.destroy(), passwords.destroy()]) }
}
