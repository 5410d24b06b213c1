import type { EndOfTick, Flushable } from '../core/end-of-tick.ts'
import { background } from '../ports/telemetry.ts'
import type { Log } from '../ports/telemetry.ts'

/** The end of a file. */
export interface AppendTarget {
  /** Resolves with the bytes that were taken, which may be fewer. */
  append(bytes: Uint8Array): Promise<number>
  /** Called where a line begins: the file may become another one there. Undefined: it stays without further ado. */
  renew?(): Promise<void> | undefined
  close(): Promise<void>
}

const PENDING_BYTES_MAX = 8 * 1024 * 1024
const LINE_END = '\n'

/**
 * Appends lines to a file that other processes append to as well. The lines of one tick leave with one write when it
 * ends, or as soon as the write before has ended, so lines of several processes stand whole and in the order of what
 * caused them. While the disk cannot follow, 8 MiB wait; further lines are dropped, counted and reported.
 */
export class LineAppender implements Flushable {
  readonly #target: AppendTarget
  readonly #path: string
  readonly #endOfTick: EndOfTick
  readonly #log: Log
  #pending = ''
  #pendingBytes = 0
  #pendingLines = 0
  #scheduled = false
  #draining: Promise<void> | undefined
  #closing: Promise<void> | undefined
  /** Lines lost since the file was last in order. */
  #lost = 0
  /** Whether a write ended amid a line. */
  #torn = false

  constructor(target: AppendTarget, path: string, endOfTick: EndOfTick, log: Log) {
    this.#target = target
    this.#path = path
    this.#endOfTick = endOfTick
    this.#log = log
  }

  /** `line` has no line end in it. */
  append(line: string): void {
    const bytes = Buffer.byteLength(line) + 1
    if (this.#closing !== undefined) return this.#drop('the file is closed')
    if (this.#pendingBytes + bytes > PENDING_BYTES_MAX) return this.#drop('the disk is too slow')
    this.#pending += line + LINE_END
    this.#pendingBytes += bytes
    this.#pendingLines += 1
    if (this.#scheduled || this.#draining !== undefined) return
    this.#scheduled = true
    this.#endOfTick.add(this)
  }

  /** Starts a write, unless one is running: that one goes on with what has gathered. */
  flush(): void {
    this.#scheduled = false
    if (this.#draining !== undefined || this.#pendingLines === 0) return
    this.#draining = this.#drain()
    background(this.#log, 'access log', this.#draining)
  }

  /** Resolves when what was appended is written, or could not be. Lines appended later are lost. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.flush()
    await this.#draining
    await this.#target.close()
  }

  async #drain(): Promise<void> {
    while (this.#pendingLines > 0) {
      const bytes = Buffer.from(this.#torn ? LINE_END + this.#pending : this.#pending)
      const lines = this.#pendingLines
      this.#pending = ''
      this.#pendingBytes = 0
      this.#pendingLines = 0
      await this.#write(bytes, lines)
    }
    this.#draining = undefined
  }

  async #write(bytes: Buffer, lines: number): Promise<void> {
    let written = 0
    try {
      // A line that was torn is ended in the file in which it began.
      const renewing = this.#torn ? undefined : this.#target.renew?.()
      if (renewing !== undefined) await renewing
      while (written < bytes.length) written += await this.#appendSome(bytes.subarray(written))
      this.#torn = false
      this.#reportRecovery()
    } catch (error) {
      this.#torn ||= written > 0
      if (this.#lost === 0) this.#log.error('access log cannot be written', error, { path: this.#path })
      this.#lost += lines
    }
  }

  async #appendSome(bytes: Uint8Array): Promise<number> {
    const taken = await this.#target.append(bytes)
    if (taken === 0) throw new Error('nothing more is taken')
    return taken
  }

  #drop(why: string): void {
    if (this.#lost === 0) this.#log.warn('access log drops lines', { path: this.#path, why })
    this.#lost += 1
  }

  #reportRecovery(): void {
    if (this.#lost === 0) return
    this.#log.warn('access log is written again', { path: this.#path, linesLost: this.#lost })
    this.#lost = 0
  }
}
