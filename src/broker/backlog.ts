import type { Counters } from '../core/counters.ts'
import { Hold, type ReadGate } from './read-gate.ts'

/** Bytes of one client's messages that may be under way to a queue, the store or another worker before it is held back. */
const HELD_BACK_FROM_BYTES = 1024 * 1024

/** Messages that become safe together. */
interface Group {
  readonly safe: Promise<unknown>
  bytes: number
  settled: boolean
}

/** What a client has published and is not safe yet; a client that publishes faster than that is read no further. */
export class Backlog {
  readonly #gate: ReadGate
  readonly #counters: Counters
  #newest: Group | undefined = undefined
  #bytes = 0
  #holding = false

  constructor(gate: ReadGate, counters: Counters) {
    this.#gate = gate
    this.#counters = counters
  }

  /** `bytes` are under way until `safe` settles. */
  add(bytes: number, safe: Promise<unknown>): void {
    this.#bytes += bytes
    this.#counters.bytesWaiting += bytes
    if (!this.#holding && this.#bytes > HELD_BACK_FROM_BYTES) {
      this.#holding = true
      this.#gate.hold(Hold.backlog)
    }
    const group = this.#newest
    if (group !== undefined && group.safe === safe && !group.settled) group.bytes += bytes
    else this.#open(bytes, safe)
  }

  #open(bytes: number, safe: Promise<unknown>): void {
    const group: Group = { safe, bytes, settled: false }
    this.#newest = group
    const settled = (): void => this.#settled(group)
    safe.then(settled, settled)
  }

  #settled(group: Group): void {
    group.settled = true
    if (this.#newest === group) this.#newest = undefined
    this.#bytes -= group.bytes
    this.#counters.bytesWaiting -= group.bytes
    if (!this.#holding || this.#bytes > HELD_BACK_FROM_BYTES / 2) return
    this.#holding = false
    this.#gate.release(Hold.backlog)
  }
}
