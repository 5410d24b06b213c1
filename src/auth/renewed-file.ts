import { constants } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/telemetry.ts'
import type { AppendTarget } from './append-file.ts'

const CHECK_MS = 500

/**
 * The end of the file of a name, also after somebody has moved that file aside: what is appended half a second later, or
 * after `reopen`, goes to the new file of the name. Until then it goes to the file that was moved, so nothing is lost.
 */
export class RenewedFile implements AppendTarget {
  readonly #path: string
  readonly #clock: Clock
  readonly #log: Log
  #file: FileHandle
  #checkedAtMs: number
  #stays = false

  private constructor(path: string, file: FileHandle, clock: Clock, log: Log) {
    this.#path = path
    this.#file = file
    this.#clock = clock
    this.#log = log
    this.#checkedAtMs = clock.nowMs()
  }

  /** Opens the file, and makes it and its folders when they are not there. */
  static async open(path: string, clock: Clock, log: Log): Promise<RenewedFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o750 })
    return new RenewedFile(path, await openEnd(path), clock, log)
  }

  async append(bytes: Uint8Array): Promise<number> {
    return (await this.#file.write(bytes)).bytesWritten
  }

  /** The next lines look for the file of the name first. */
  reopen(): void {
    this.#checkedAtMs = Number.NEGATIVE_INFINITY
  }

  renew(): Promise<void> | undefined {
    const nowMs = this.#clock.nowMs()
    if (Math.abs(nowMs - this.#checkedAtMs) < CHECK_MS) return undefined
    this.#checkedAtMs = nowMs
    return this.#renew()
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  /** Does not reject: where there is no new file, the old one is written to. */
  async #renew(): Promise<void> {
    try {
      if (await this.#isTheFileOfTheName()) return
      const next = await openEnd(this.#path)
      const before = this.#file
      this.#file = next
      this.#stays = false
      await before.close()
    } catch (error) {
      if (!this.#stays) this.#log.error('access log cannot be opened anew, the old file is written to', error)
      this.#stays = true
    }
  }

  async #isTheFileOfTheName(): Promise<boolean> {
    const [named, own] = await Promise.all([stat(this.#path).catch(() => undefined), this.#file.stat()])
    return named !== undefined && named.ino === own.ino && named.dev === own.dev
  }
}

function openEnd(path: string): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o640)
}
