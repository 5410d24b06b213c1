import type { WebSocket } from 'uWebSockets.js'
import type { ClientCertificate, UpgradeHeaders } from '../ports/connection.ts'
import { GatheringConnection } from './gathering-connection.ts'
import { HeldInput } from './held-input.ts'
import { HELD_BYTES_AT_FIRST_MAX, HELD_BYTES_MAX } from './limits.ts'
import type { ListenerParts } from './listener-options.ts'
import { addressFromBytes } from './remote-address.ts'

/** What uWebSockets.js keeps for us on a WebSocket. */
export interface UwsUserData {
  /** Set once it is open. */
  connection: UwsConnection | undefined
  readonly clientCertificate: ClientCertificate | undefined
  readonly upgradeHeaders: UpgradeHeaders | undefined
}

const STATUS_NORMAL = 1000
const STATUS_UNSUPPORTED_DATA = 1003
/** What `send` returns when the operating system took everything. */
const SENT = 1

/**
 * A connection over a WebSocket of uWebSockets.js. That cannot stop reading, so what arrives during a pause is held;
 * a client that goes on until the bound is destroyed. The port of the client is not known (0).
 */
export class UwsConnection extends GatheringConnection {
  readonly clientCertificate: ClientCertificate | undefined
  readonly upgradeHeaders: UpgradeHeaders | undefined
  /** Undefined once closed: touching it then throws. */
  #socket: WebSocket<UwsUserData> | undefined
  #paused: boolean
  #heldBytesMax: number
  /** Undefined while nothing is held. */
  #held: HeldInput | undefined

  constructor(parts: ListenerParts, socket: WebSocket<UwsUserData>) {
    super(parts, addressFromBytes(new Uint8Array(socket.getRemoteAddress())), 0)
    const { clientCertificate, upgradeHeaders } = socket.getUserData()
    this.clientCertificate = clientCertificate
    this.upgradeHeaders = upgradeHeaders
    this.#socket = socket
    this.#paused = false
    this.#heldBytesMax = HELD_BYTES_AT_FIRST_MAX
    this.#held = undefined
    parts.early.add(this)
  }

  get pendingBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0
  }

  /** The first time when the CONNECT has come. */
  pause(): void {
    this.#paused = true
    this.parts.early.remove(this)
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#heldBytesMax = HELD_BYTES_MAX
    if (this.#held !== undefined) process.nextTick(() => this.#deliverHeld()) // not while the handler calls us
  }

  /** A message has arrived; its bytes are gone after the call. */
  message(bytes: ArrayBuffer, isBinary: boolean): void {
    if (!isBinary) {
      this.#socket?.end(STATUS_UNSUPPORTED_DATA) // v5 [MQTT-6.0.0-1]
      return
    }
    const view = Buffer.from(bytes)
    if (this.#paused || this.#held !== undefined) this.#hold(view)
    else this.received(view, 0, view.length)
  }

  /** Some of the bytes that had to wait have left. `send` does not know of all of them: it may only have corked. */
  drained(): void {
    this.mustWait()
    this.transmitted()
  }

  /** The WebSocket is closed. What is held arrived before that, so it goes first. */
  socketClosed(): void {
    this.#socket = undefined
    this.parts.early.remove(this)
    if (!this.open)
      process.nextTick(() => this.gone()) // the broker's call has not returned yet
    else if (this.#held === undefined) this.gone()
  }

  protected transmit(slab: Buffer, length: number): boolean {
    const status = this.#socket?.send(slab.subarray(0, length), true) ?? SENT
    this.parts.slabs.give(slab) // what could not be sent was copied
    return status === SENT
  }

  protected closeInOrder(): void {
    if (this.#socket === undefined) this.socketClosed()
    else this.#socket.end(STATUS_NORMAL)
  }

  protected closeAtOnce(): void {
    if (this.#socket === undefined) this.socketClosed()
    else this.#socket.close()
  }

  #hold(bytes: Buffer): void {
    if (!this.open) return
    this.#held ??= new HeldInput(this.#heldBytesMax)
    if (!this.#held.append(bytes)) this.destroy()
  }

  #deliverHeld(): void {
    if (this.#paused || this.#held === undefined) return
    const { bytes } = this.#held
    this.#held = undefined
    this.received(bytes, 0, bytes.length)
    if (this.#socket === undefined) this.gone()
  }
}
