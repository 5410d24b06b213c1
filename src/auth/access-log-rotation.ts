import { readdir, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'

/** When the access log is moved aside, and what becomes of it. */
export interface AccessLogRotationOptions {
  /** Of the file that is written to; ends in `.log`. */
  readonly file: string
  readonly bytesMax: number
  /** Of those that were moved aside. */
  readonly filesMax: number
  readonly clock: Clock
  readonly log: Log
}

const LOOK_MS = 1_000
const LOG_ENDING = '.log'

/** A file that was moved aside. */
interface Aside {
  readonly name: string
  readonly day: string
  readonly number: number
}

/**
 * Moves the access log aside when a day of UTC has ended or it is full, and removes the oldest beyond a number. One
 * process of the host does; those that write find out by themselves that the file of the name is another one
 * (`RenewedFile`), so that no line is lost or torn. At most one move in a second, within which they all have.
 */
export class AccessLogRotation {
  readonly #options: AccessLogRotationOptions
  readonly #looks: Timer
  /** Of the lines in the file. */
  #day: string | undefined = undefined
  #looking = false

  constructor(options: AccessLogRotationOptions) {
    this.#options = options
    this.#looks = options.clock.every(LOOK_MS, () => background(options.log, 'access log rotation', this.look()))
  }

  /** Does not reject. */
  async look(): Promise<void> {
    if (this.#looking) return // a disk that hangs
    this.#looking = true
    try {
      await this.#look()
    } catch (error) {
      this.#options.log.error('access log cannot be moved aside', error, { path: this.#options.file })
    }
    this.#looking = false
  }

  close(): void {
    this.#looks.cancel()
  }

  async #look(): Promise<void> {
    const { file, bytesMax, clock } = this.#options
    const today = dayOf(clock.nowMs())
    const found = await stat(file).catch(() => undefined)
    const bytes = found?.size ?? 0
    // At the start the file may be one of an earlier day.
    const day = this.#day ?? (found === undefined || bytes === 0 ? today : dayOf(found.mtimeMs))
    this.#day = bytes === 0 ? today : day
    if (bytes === 0 || (bytes < bytesMax && day === today)) return
    await this.#moveAside(day)
    this.#day = today
  }

  async #moveAside(day: string): Promise<void> {
    const { file, filesMax } = this.#options
    const folder = path.dirname(file)
    const stem = path.basename(file, LOG_ENDING)
    const before = await filesAside(folder, stem)
    const number = 1 + Math.max(0, ...before.filter(one => one.day === day).map(one => one.number))
    await rename(file, path.join(folder, `${stem}.${day}.${number}${LOG_ENDING}`))
    const tooMany = before.slice(0, Math.max(0, before.length + 1 - filesMax))
    for (const { name } of tooMany) await unlink(path.join(folder, name))
  }
}

/** The files that were moved aside, the oldest first. */
async function filesAside(folder: string, stem: string): Promise<readonly Aside[]> {
  const aside = (await readdir(folder)).flatMap(name => {
    if (!name.startsWith(`${stem}.`)) return []
    const [, day, number] = /^(\d{4}-\d\d-\d\d)\.(\d{1,9})\.log$/.exec(name.slice(stem.length + 1)) ?? []
    return day === undefined ? [] : [{ name, day, number: Number(number) }]
  })
  return aside.sort((one, other) => one.day.localeCompare(other.day) || one.number - other.number)
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
