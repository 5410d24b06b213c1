import type { WebSocket } from 'ws'
import { GatheringConnection } from './gathering-connection.ts'
import type { ListenerParts } from './listener-options.ts'

const STATUS_NORMAL = 1000
const STATUS_UNSUPPORTED_DATA = 1003
const BINARY = { binary: true, compress: false }

/** A connection over a WebSocket of the `ws` package. */
export class WsConnection extends GatheringConnection {
  readonly #socket: WebSocket

  constructor(parts: ListenerParts, socket: WebSocket, remoteAddress: string, remotePort: number) {
    super(parts, remoteAddress, remotePort)
    this.#socket = socket
    socket.on('message', (data, isBinary) => this.#message(data, isBinary))
    socket.on('error', () => {}) // too large, malformed or reset: `close` follows
    socket.on('close', () => this.gone())
  }

  get pendingBytes(): number {
    return this.#socket.bufferedAmount
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  protected transmit(slab: Buffer, length: number): boolean {
    this.#socket.send(slab.subarray(0, length), BINARY, () => {
      this.parts.slabs.give(slab)
      this.transmitted()
    })
    return this.#socket.bufferedAmount === 0
  }

  /** Reads on, to see the client's half of the closing handshake. */
  protected closeInOrder(): void {
    this.#socket.close(STATUS_NORMAL)
    this.#socket.resume()
  }

  protected closeAtOnce(): void {
    this.#socket.terminate()
  }

  #message(data: unknown, isBinary: boolean): void {
    if (!isBinary)
      this.#socket.close(STATUS_UNSUPPORTED_DATA) // v5 [MQTT-6.0.0-1]
    else if (Buffer.isBuffer(data)) this.received(data, 0, data.length)
  }
}
