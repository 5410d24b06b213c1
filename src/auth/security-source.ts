import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { filesOf, withFileDigests } from './realm-files.ts'
import { withIds } from './realm-id.ts'
import type { SecurityModel } from './security-model.ts'

const POLL_MS = 10_000

/** Where a security model stands. */
export interface SecurityReader {
  /** The files that it is read from, as of the last time; those that the model itself names need not be among them. */
  readonly files: readonly string[]
  /** Reads all of it again; rejects when it cannot be used. */
  read(): Promise<SecurityModel>
}

/**
 * Prepares everything for a new model while the old one is in force, and resolves with what puts the new one in its
 * place; rejects when it cannot be used, and then nothing has changed.
 */
export type SecurityChange = (model: SecurityModel) => Promise<() => Promise<void>>

/** What a source of security models works with. */
export interface SecuritySourceOptions {
  /** As read at the start. */
  readonly model: SecurityModel
  readonly reader: SecurityReader
  readonly clock: Clock
  readonly log: Log
}

/**
 * Keeps the security model up to date: looks every ten seconds whether one of its files has changed. A model that
 * cannot be used is logged once, and the last good one stays; it is tried again at each look, for what was wrong may have
 * been the server that it names.
 */
export class SecuritySource {
  readonly #options: SecuritySourceOptions
  readonly #poll: Timer
  #model: SecurityModel
  #seen = ''
  #change: SecurityChange = async () => async () => {}
  #reading: Promise<void> = Promise.resolve()
  #nextReading: Promise<void> | undefined = undefined
  #looking = false
  /** Why the last model that was read is not in force; undefined: it is. */
  #failure: string | undefined = undefined
  #realmNumber = 0

  private constructor(options: SecuritySourceOptions, model: SecurityModel) {
    this.#options = options
    this.#model = model
    const look = (): void => background(options.log, 'look for new security files', this.look())
    this.#poll = options.clock.every(POLL_MS, look)
  }

  /** Never rejects: the model is here already. */
  static async open(options: SecuritySourceOptions): Promise<SecuritySource> {
    const source = new SecuritySource(options, await withFileDigests(options.model))
    source.#seen = await source.#fingerprint()
    return source
  }

  get model(): SecurityModel {
    return this.#model
  }

  /** Set once: what is done with every new model. */
  onChange(change: SecurityChange): void {
    this.#change = change
  }

  /** Reads the files again, whether they look changed or not. Does not reject. */
  reload(): Promise<void> {
    return this.#readAfterwards('aloud')
  }

  /** Reads the files again if they have changed since, or cannot be used. Does not reject. */
  async look(): Promise<void> {
    if (this.#looking) return // a file system that hangs
    this.#looking = true
    if ((await this.#fingerprint()) !== this.#seen) await this.#readAfterwards('aloud')
    else if (this.#failure !== undefined) await this.#readAfterwards('news')
    this.#looking = false
  }

  close(): void {
    this.#poll.cancel()
  }

  /** One reading after the other, and one at most that waits. */
  #readAfterwards(say: 'aloud' | 'news'): Promise<void> {
    this.#nextReading ??= this.#reading.then(() => {
      this.#nextReading = undefined
      return this.#read(say)
    })
    this.#reading = this.#nextReading
    return this.#reading
  }

  async #read(say: 'aloud' | 'news'): Promise<void> {
    const { log, reader } = this.#options
    // Taken before the files are read: what is written meanwhile is found by the next look.
    this.#seen = await this.#fingerprint()
    try {
      const model = this.#withIds(await withFileDigests(await reader.read()))
      if (!isDeepStrictEqual(model, this.#model)) await this.#replace(model)
      this.#failure = undefined
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error)
      if (say === 'aloud' || failure !== this.#failure) {
        log.error('the new security configuration cannot be used, the last good one stays', error)
      }
      this.#failure = failure
    }
  }

  async #replace(model: SecurityModel): Promise<void> {
    const { log } = this.#options
    const take = await this.#change(model)
    this.#model = model
    const taken = take()
    log.info('security configuration replaced', { pipelines: model.pipelines.map(({ name }) => name) })
    this.#seen = await this.#fingerprint() // the new one may name other files
    await taken
  }

  #withIds(model: SecurityModel): SecurityModel {
    return { ...model, realms: withIds(model.realms, this.#model.realms, () => ++this.#realmNumber) }
  }

  async #fingerprint(): Promise<string> {
    const files = new Set([...this.#options.reader.files, ...filesOf(this.#model)])
    return (await Promise.all(Array.from(files, fingerprintOf))).join('\n')
  }
}

async function fingerprintOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path)
    return `${path} ${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch {
    // That it is gone is a change too; reading it then says why.
    return `${path} is not there`
  }
}
