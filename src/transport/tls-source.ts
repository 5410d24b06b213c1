import type { Clock, Random, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { newTicketKeys, untilNextPeriodMs } from './ticket-keys.ts'
import type { TlsFiles } from './tls-files.ts'
import { fingerprint, readTlsFiles } from './tls-files.ts'
import type { TlsCertificates, TlsPolicy, TlsSetup } from './tls-setup.ts'

const POLL_MS = 10_000

/** What a source of TLS setups works with. */
export interface TlsSourceOptions {
  readonly files: TlsFiles
  readonly policy: TlsPolicy
  /** Undefined: other nodes do not resume the sessions of this one. */
  readonly ticketSecret: string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Keeps the setup of the encrypted listeners up to date: looks every ten seconds whether a file has changed, and takes
 * new ticket keys every twelve hours. Files that cannot be used are logged once, and the last good ones stay.
 */
export class TlsSource {
  readonly #options: TlsSourceOptions
  #setup: TlsSetup
  #seen: string
  #changed: (setup: TlsSetup) => void = () => {}
  #lastRead: Promise<void> = Promise.resolve()
  #looking = false
  readonly #poll: Timer
  #rotation: Timer

  private constructor(options: TlsSourceOptions, certificates: TlsCertificates, seen: string) {
    const { policy, ticketSecret, clock, random, log } = options
    this.#options = options
    this.#setup = { policy, certificates, ticketKeys: newTicketKeys(ticketSecret, clock, random) }
    this.#seen = seen
    this.#poll = clock.every(POLL_MS, () => background(log, 'look for new TLS files', this.#look()))
    this.#rotation = this.#armRotation()
  }

  /** Rejects with `CONFIGURATION` when the files cannot be used. */
  static async open(options: TlsSourceOptions): Promise<TlsSource> {
    const seen = await fingerprint(options.files)
    return new TlsSource(options, await readTlsFiles(options.files), seen)
  }

  get setup(): TlsSetup {
    return this.#setup
  }

  /** Set once: who is told of every new setup. */
  onChange(changed: (setup: TlsSetup) => void): void {
    this.#changed = changed
  }

  /** Reads the files again, whether they look changed or not. Does not reject. */
  reload(): Promise<void> {
    this.#lastRead = this.#lastRead.then(() => this.#read())
    return this.#lastRead
  }

  close(): void {
    this.#poll.cancel()
    this.#rotation.cancel()
  }

  async #look(): Promise<void> {
    if (this.#looking) return // a file system that hangs
    this.#looking = true
    if ((await fingerprint(this.#options.files)) !== this.#seen) await this.reload()
    this.#looking = false
  }

  async #read(): Promise<void> {
    const { files, log } = this.#options
    // Taken before the files are read: what is written meanwhile is found by the next look.
    this.#seen = await fingerprint(files)
    try {
      const certificates = await readTlsFiles(files)
      if (same(certificates, this.#setup.certificates)) return
      this.#replace({ ...this.#setup, certificates })
      log.info('TLS files replaced', { file: files.certificateFile })
    } catch (error) {
      log.error('new TLS files cannot be used, the last good ones stay', error)
    }
  }

  #armRotation(): Timer {
    const { ticketSecret, clock, random } = this.#options
    return clock.after(untilNextPeriodMs(clock), () => {
      this.#replace({ ...this.#setup, ticketKeys: newTicketKeys(ticketSecret, clock, random) })
      this.#rotation = this.#armRotation()
    })
  }

  #replace(setup: TlsSetup): void {
    this.#setup = setup
    this.#changed(setup)
  }
}

function same(one: TlsCertificates, other: TlsCertificates): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
