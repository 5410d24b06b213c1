import type { Counters } from '../core/counters.ts'
import { EARLY_WEBSOCKETS_MAX } from './limits.ts'

/** A WebSocket, as far as it may have to go. */
export interface EarlyWebSocket {
  destroy(): void
}

/**
 * The WebSockets of a listener that have not shown a whole CONNECT. What the message that they send may hold is fixed for
 * the life of a WebSocket, and more than a CONNECT may have, so it is their number that is bounded. An honest client is
 * one of them for a round trip; past the bound the one that has taken longest goes.
 */
export class EarlyWebSockets {
  readonly #counters: Counters
  readonly #sockets = new Set<EarlyWebSocket>()

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /** The WebSocket was opened. */
  add(socket: EarlyWebSocket): void {
    this.#sockets.add(socket)
    if (this.#sockets.size <= EARLY_WEBSOCKETS_MAX) return
    for (const oldest of this.#sockets) {
      this.#sockets.delete(oldest)
      this.#counters.webSocketsCrowdedOut++
      oldest.destroy()
      return
    }
  }

  /** Its CONNECT has come, or it is gone. */
  remove(socket: EarlyWebSocket): void {
    this.#sockets.delete(socket)
  }
}
