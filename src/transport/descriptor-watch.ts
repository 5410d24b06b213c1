import { closeSync, openSync } from 'node:fs'
import type { Clock, Timer } from '../ports/clock.ts'
import type { OpenListener } from '../ports/connection.ts'
import { background, type Log } from '../ports/telemetry.ts'

const CHECK_MS = 1_000
/** As many must be free before connections are taken again, so that the first ones do not exhaust them at once. */
const FREE_MIN = 32
/** The spell is over when they were free for so many checks. */
const CALM_CHECKS = 5

/** What the watch works with. */
export interface DescriptorWatchParts {
  readonly listeners: readonly OpenListener[]
  readonly clock: Clock
  readonly log: Log
  /** Tries to open so many descriptors at once; the name of the error when that fails. */
  readonly tryOpen?: (count: number) => string | undefined
}

/**
 * Notices that this process has no file descriptors left, which nobody else says: Node closes the connections that it
 * cannot take without a word, and uWebSockets.js tries again without a pause, so its listeners are suspended meanwhile.
 */
export class DescriptorWatch {
  readonly #parts: DescriptorWatchParts
  readonly #timer: Timer
  /** Checks since they were last too few; undefined: all is well. */
  #calmChecks: number | undefined = undefined
  #suspended = false

  constructor(parts: DescriptorWatchParts) {
    this.#parts = parts
    this.#timer = parts.clock.every(CHECK_MS, () => this.#check())
  }

  close(): void {
    this.#timer.cancel()
  }

  #check(): void {
    const { listeners, log, tryOpen = openNothing } = this.#parts
    const code = tryOpen(this.#suspended ? FREE_MIN : 1)
    if (code !== undefined) {
      if (this.#calmChecks === undefined) log.warn('no file descriptors are left: connections are not taken', { code })
      this.#calmChecks = 0
      this.#suspended = true
      for (const listener of listeners) listener.suspend?.()
      return
    }
    if (this.#suspended) background(log, 'resume listeners', this.#resume())
    if (this.#calmChecks === undefined || ++this.#calmChecks < CALM_CHECKS) return
    this.#calmChecks = undefined
    log.info('there are file descriptors again')
  }

  /** A listener that fails is tried again with the next check. */
  async #resume(): Promise<void> {
    this.#suspended = false
    try {
      await Promise.all(this.#parts.listeners.map(async listener => await listener.resume?.()))
    } catch (error) {
      this.#suspended = true
      throw error
    }
  }
}

function openNothing(count: number): string | undefined {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
