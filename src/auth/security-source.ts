import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { BrokerError } from '../core/errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import type { SecurityModel } from './security-model.ts'

const POLL_MS = 10_000

/** What a source of security models works with. */
export interface SecuritySourceOptions {
  /** As read at the start. */
  readonly model: SecurityModel
  /** Reads all of it again; rejects when it cannot be used. */
  readonly read: () => Promise<SecurityModel>
  /** The security file, where there is one; the files that the model names are known from it. */
  readonly file: string | undefined
  readonly clock: Clock
  readonly log: Log
}

/**
 * Keeps the security model up to date: looks every ten seconds whether one of its files has changed. A model that
 * cannot be used is logged once, and the last good one stays.
 */
export class SecuritySource {
  readonly #options: SecuritySourceOptions
  readonly #poll: Timer
  #model: SecurityModel
  #seen = ''
  #changed: (model: SecurityModel) => void = () => {}
  #lastRead: Promise<void> = Promise.resolve()
  #looking = false

  private constructor(options: SecuritySourceOptions) {
    this.#options = options
    this.#model = options.model
    const look = (): void => background(options.log, 'look for new security files', this.look())
    this.#poll = options.clock.every(POLL_MS, look)
  }

  /** Never rejects: the model is here already. */
  static async open(options: SecuritySourceOptions): Promise<SecuritySource> {
    const source = new SecuritySource(options)
    source.#seen = await source.#fingerprint()
    return source
  }

  get model(): SecurityModel {
    return this.#model
  }

  /** Set once: who is told of every new model. */
  onChange(changed: (model: SecurityModel) => void): void {
    this.#changed = changed
  }

  /** Reads the files again, whether they look changed or not. Does not reject. */
  reload(): Promise<void> {
    this.#lastRead = this.#lastRead.then(() => this.#read())
    return this.#lastRead
  }

  /** Reads the files again if they have changed since. Does not reject. */
  async look(): Promise<void> {
    if (this.#looking) return // a file system that hangs
    this.#looking = true
    if ((await this.#fingerprint()) !== this.#seen) await this.reload()
    this.#looking = false
  }

  close(): void {
    this.#poll.cancel()
  }

  async #read(): Promise<void> {
    const { log, read } = this.#options
    // Taken before the files are read: what is written meanwhile is found by the next look.
    this.#seen = await this.#fingerprint()
    try {
      const model = await read()
      if (isDeepStrictEqual(model, this.#model)) return
      checkReplaceable(this.#model, model)
      this.#model = model
      this.#seen = await this.#fingerprint() // the new one may name other files
      this.#changed(model)
      log.info('security configuration replaced', { pipelines: model.pipelines.map(({ name }) => name) })
    } catch (error) {
      log.error('the new security configuration cannot be used, the last good one stays', error)
    }
  }

  async #fingerprint(): Promise<string> {
    const { file } = this.#options
    const named = this.#model.fileRealms?.map(({ path }) => path) ?? []
    const files = file === undefined ? named : [file, ...named]
    return (await Promise.all(files.map(fingerprintOf))).join('\n')
  }
}

/** Keys and introspection are the primary's for as long as it runs, and the access log is open. */
function checkReplaceable(before: SecurityModel, after: SecurityModel): void {
  const fixed = [
    { name: '<jwt-realm>', same: isDeepStrictEqual(before.realms, after.realms) },
    { name: '<access-log>', same: isDeepStrictEqual(before.accessLog, after.accessLog) },
  ]
  const changed = fixed.filter(({ same }) => !same).map(({ name }) => name)
  if (changed.length > 0) throw new BrokerError('CONFIGURATION', `a change of ${changed.join(' and ')} needs a restart`)
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
