import type { UpgradeHeaders } from '../ports/connection.ts'

/** Headers that belong to the upgrade itself or to the browser: no credentials stand there. */
const OF_THE_REQUEST =
  /^(?:sec-|accept|host$|connection$|upgrade$|origin$|user-agent$|pragma$|cache-control$|content-|referer$|dnt$)/

/**
 * Gathers the headers of an upgrade request in which a client may show who it is; undefined: there are none. Of two
 * headers of one name the first counts. How many bytes they have is bounded by the server.
 */
export class UpgradeHeadersReader {
  #headers: Map<string, string> | undefined = undefined

  get headers(): UpgradeHeaders | undefined {
    return this.#headers
  }

  /** `name` is in lower case. */
  add(name: string, value: string): void {
    if (OF_THE_REQUEST.test(name) || this.#headers?.has(name) === true) return
    this.#headers ??= new Map()
    this.#headers.set(name, value)
  }
}
