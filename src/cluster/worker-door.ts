import { openAccessLog, type AccessLog } from '../auth/access-log.ts'
import type { Introspections } from '../auth/introspection.ts'
import { jwtAuthenticators } from '../auth/jwt-authenticators.ts'
import { PasswordPool } from '../auth/password-pool.ts'
import { ListenerPipelines } from '../auth/pipeline.ts'
import type { Revocations } from '../auth/revocations.ts'
import type { SecurityModel } from '../auth/security-model.ts'
import { TokenVerifier } from '../auth/token-verifier.ts'
import { VerifierPool } from '../auth/verifier-pool.ts'
import type { Settings } from '../config/settings-type.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock, Random } from '../ports/clock.ts'
import type { KeySets } from '../ports/key-sets.ts'
import type { Log } from '../ports/telemetry.ts'

/** What the door of a worker is made of. */
export interface WorkerDoorParts {
  readonly settings: Settings
  readonly security: SecurityModel
  readonly keySets: KeySets
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
  /** Ends the threads and writes what is left of the access log. */
  readonly close: () => Promise<unknown>
}

/** Opens the access log and starts the threads. */
export async function openWorkerDoor(parts: WorkerDoorParts): Promise<WorkerDoor> {
  const { settings, security: model, keySets, introspections, revocations, clock, random, endOfTick, log } = parts
  const { logDir, accessLogFormat: format, authFailuresPerAddress, authFailuresPerIssuer } = settings
  const accessLog = await openAccessLog({ model: model.accessLog, logDir, format, clock, log, endOfTick })
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
  return { door, accessLog, close: () => Promise.all([accessLog.close(), pool.destroy(), passwords.destroy()]) }
}
