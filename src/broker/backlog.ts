import type { Connection } from '../ports/connection.ts'

/** Bytes of one client's messages that may be under way to a queue, the store or another worker before it is held back. */
const HELD_BACK_FROM_BYTES = 1024 * 1024

/** Messages that become safe together. */
interface UnderWay {
  readonly safe: Promise<unknown>
  bytes: number
}

/** What a client has published and is not safe yet; a client that publishes faster than that is read no further. */
export class Backlog {
  readonly #connection: Connection
  #bytes = 0
  #holding = false
  /** The newest, until it settles: what goes to other workers in one tick shares its promise. */
  #newest: UnderWay | undefined = undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** `bytes` are under way until `safe` settles. */
  add(bytes: number, safe: Promise<unknown>): void {
    this.#bytes += bytes
    if (!this.#holding && this.#bytes > HELD_BACK_FROM_BYTES) {
      this.#holding = true
      this.#connection.pause()
    }
    if (this.#newest?.safe === safe) {
      this.#newest.bytes += bytes
      return
    }
    const underWay = { safe, bytes }
    this.#newest = underWay
    const settled = (): void => this.#settled(underWay)
    safe.then(settled, settled)
  }

  #settled(underWay: UnderWay): void {
    if (this.#newest === underWay) this.#newest = undefined
    this.#bytes -= underWay.bytes
    if (!this.#holding || this.#bytes > HELD_BACK_FROM_BYTES / 2) return
    this.#holding = false
    this.#connection.resume()
  }
}
