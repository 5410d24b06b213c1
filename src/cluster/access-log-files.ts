import { AccessLogRotation } from '../auth/access-log-rotation.ts'
import { accessLogPath, openAccessLog } from '../auth/access-log.ts'
import type { AccessLogModel } from '../auth/security-model.ts'
import { accessLogIsWritten } from '../auth/start-lines.ts'
import type { Settings } from '../config/settings-type.ts'
import type { EndOfTick } from '../core/end-of-tick.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'

const MIB = 1024 * 1024

/** What the keeper of the access log works with. */
export interface AccessLogFilesParts {
  readonly clock: Clock
  readonly log: Log
  readonly endOfTick: EndOfTick
  /** Tells those that write to it that it may be another file. */
  readonly reopen: () => void
}

/**
 * Moves the access log of this node aside, where that is wanted; and tells on SIGHUP that it may be another file, for
 * somebody else has moved it. The workers write to it.
 */
export class AccessLogFiles {
  readonly #settings: Settings
  readonly #parts: AccessLogFilesParts
  #path: string | undefined = undefined
  #rotation: AccessLogRotation | undefined = undefined

  constructor(settings: Settings, model: AccessLogModel, parts: AccessLogFilesParts) {
    this.#settings = settings
    this.#parts = parts
    process.on('SIGHUP', parts.reopen)
    this.#use(model)
  }

  /** Rejects with `CONFIGURATION` where its file cannot be opened. Resolves with what has it kept instead of the last one. */
  async prepare(model: AccessLogModel): Promise<() => void> {
    const { logDir } = this.#settings
    if (pathOf(this.#settings, model) === this.#path) return () => {}
    // The workers open it when it is too late to say no.
    const opened = await openAccessLog({ ...this.#parts, model, logDir })
    await opened.close()
    return () => {
      this.#use(model)
      if (this.#path !== undefined) this.#parts.log.info(accessLogIsWritten(this.#path))
    }
  }

  close(): void {
    this.#rotation?.close()
  }

  #use(model: AccessLogModel): void {
    const { accessLogRotation, accessLogFileMib, accessLogFiles: filesMax } = this.#settings
    this.#rotation?.close()
    this.#rotation = undefined
    this.#path = pathOf(this.#settings, model)
    if (this.#path === undefined || accessLogRotation === 'off') return
    const { clock, log } = this.#parts
    this.#rotation = new AccessLogRotation({ file: this.#path, bytesMax: accessLogFileMib * MIB, filesMax, clock, log })
  }
}

function pathOf({ logDir }: Settings, model: AccessLogModel): string | undefined {
  return model.enabled ? accessLogPath(logDir, model) : undefined
}
