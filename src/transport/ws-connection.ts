import type { TLSSocket } from 'node:tls'
import type { WebSocket } from 'ws'
import type { ClientCertificate, UpgradeHeaders } from '../ports/connection.ts'
import { GatheringConnection } from './gathering-connection.ts'
import type { ListenerParts } from './listener-options.ts'
import { TakenWrite } from './taken-write.ts'

const STATUS_NORMAL = 1000
const STATUS_UNSUPPORTED_DATA = 1003
const BINARY = { binary: true, compress: false }

/** What of a client was known before its connection became a WebSocket. */
export interface WebSocketClient {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Undefined: the connection is not encrypted. */
  readonly tlsSocket: TLSSocket | undefined
  readonly clientCertificate: ClientCertificate | undefined
  readonly upgradeHeaders: UpgradeHeaders | undefined
}

/** A connection over a WebSocket of the `ws` package. */
export class WsConnection extends GatheringConnection {
  readonly clientCertificate: ClientCertificate | undefined
  readonly upgradeHeaders: UpgradeHeaders | undefined
  readonly #socket: WebSocket
  readonly #taken: TakenWrite | undefined

  constructor(parts: ListenerParts, socket: WebSocket, client: WebSocketClient) {
    super(parts, client.remoteAddress, client.remotePort)
    this.clientCertificate = client.clientCertificate
    this.upgradeHeaders = client.upgradeHeaders
    this.#socket = socket
    this.#taken = client.tlsSocket === undefined ? undefined : new TakenWrite(client.tlsSocket)
    socket.on('message', (data, isBinary) => this.#message(data, isBinary))
    socket.on('error', () => {}) // too large, malformed or reset: `close` follows
    socket.on('close', () => this.#closed())
    parts.early.add(this)
  }

  get pendingBytes(): number {
    return this.#socket.bufferedAmount - (this.#taken?.bytes ?? 0)
  }

  /** The first time when the CONNECT has come. */
  pause(): void {
    this.#socket.pause()
    this.parts.early.remove(this)
  }

  resume(): void {
    this.#socket.resume()
  }

  protected transmit(slab: Buffer, length: number): boolean {
    const before = this.#socket.bufferedAmount
    this.#socket.send(slab.subarray(0, length), BINARY, () => {
      this.#taken?.finished()
      this.parts.slabs.give(slab)
      this.transmitted()
    })
    this.#taken?.begun(before, this.#socket.bufferedAmount)
    return this.pendingBytes === 0
  }

  /** Reads on, to see the client's half of the closing handshake. */
  protected closeInOrder(): void {
    this.#socket.close(STATUS_NORMAL)
    this.#socket.resume()
  }

  protected closeAtOnce(): void {
    this.#socket.terminate()
  }

  #closed(): void {
    this.parts.early.remove(this)
    this.gone()
  }

  #message(data: unknown, isBinary: boolean): void {
    if (!isBinary)
      this.#socket.close(STATUS_UNSUPPORTED_DATA) // v5 [MQTT-6.0.0-1]
    else if (Buffer.isBuffer(data)) this.received(data, 0, data.length)
  }
}
