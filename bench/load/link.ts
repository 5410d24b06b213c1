import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { FrameHandler } from './websocket-frames.ts'
import { clientFrame, FrameReader, upgradeRequest } from './websocket-frames.ts'

/** What carries MQTT. */
export type Transport = 'tcp' | 'ws'

/** Where a broker listens. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly transport: Transport
}

/** Takes what a link has to say. */
export interface LinkHandler {
  /** The connection stands and, over WebSocket, is upgraded. */
  opened(): void
  /** Bytes of the MQTT stream; good until this returns. */
  received(bytes: Uint8Array, start: number, end: number): void
  /** What was written has gone; only after `write` left the link busy. */
  drained(): void
  /** The connection has ended, by whomever. */
  closed(why: string): void
}

// Shared by all links: what a read leaves behind is handed on before the next one.
const READ_BUFFER_BYTES = 1024 * 1024
const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)

const UPGRADED = /^HTTP\/1\.1 101 /
const RESPONSE_BYTES_MAX = 16 * 1024

/** A connection to a broker over TCP or WebSocket, reading into one shared buffer. */
export class Link implements FrameHandler {
  readonly #handler: LinkHandler
  readonly #socket: Socket
  readonly #frames: FrameReader | undefined
  /** The answer to the upgrade as far as it has come; undefined when nothing is awaited. */
  #response: string | undefined
  #ended = false

  constructor({ host, port, transport }: Address, handler: LinkHandler) {
    this.#handler = handler
    this.#frames = transport === 'ws' ? new FrameReader(this) : undefined
    this.#response = transport === 'ws' ? '' : undefined
    const callback = (bytesRead: number, bytes: Uint8Array): boolean => {
      this.#read(bytes, bytesRead)
      return true
    }
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: readBuffer, callback } })
    this.#socket.on('connect', () => {
      if (transport === 'ws') this.#socket.write(upgradeRequest(host, port))
      else handler.opened()
    })
    this.#socket.on('drain', () => handler.drained())
    this.#socket.on('error', error => this.#end(error.message))
    this.#socket.on('close', () => this.#end('closed by the broker'))
  }

  /** The local port, by which the process at the other end can be found. */
  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  /** True while written bytes have not all gone to the kernel: they must not change yet. */
  get busy(): boolean {
    return this.#socket.writableLength > 0
  }

  /** One packet as this transport sends it. */
  framed(packet: Buffer): Buffer {
    return this.#frames === undefined ? packet : clientFrame(packet)
  }

  /** Writes framed bytes. While `busy` they are not copied. */
  write(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  /** Writes two runs of framed bytes at once. */
  writeBoth(first: Uint8Array, second: Uint8Array): void {
    this.#socket.cork()
    this.#socket.write(first)
    this.#socket.write(second)
    this.#socket.uncork()
  }

  /** Sends last bytes and closes. */
  end(bytes: Buffer): void {
    this.#ended = true
    this.#socket.end(bytes)
    this.#socket.destroySoon()
  }

  payload(bytes: Uint8Array, start: number, end: number): void {
    this.#handler.received(bytes, start, end)
  }

  closed(): void {
    this.#end('WebSocket closed by the broker')
  }

  #read(bytes: Uint8Array, bytesRead: number): void {
    if (this.#frames === undefined) this.#handler.received(bytes, 0, bytesRead)
    else this.#frames.push(bytes, this.#response === undefined ? 0 : this.#upgrade(bytes, bytesRead), bytesRead)
  }

  /** Gives where the first frame begins. */
  #upgrade(bytes: Uint8Array, bytesRead: number): number {
    const before = this.#response?.length ?? 0
    const response = `${this.#response}${Buffer.from(bytes.buffer, bytes.byteOffset, bytesRead).toString('latin1')}`
    const end = response.indexOf('\r\n\r\n')
    this.#response = response
    if (end === -1 && response.length < RESPONSE_BYTES_MAX) return bytesRead
    if (!UPGRADED.test(response)) {
      this.#end(`no WebSocket: ${response.split('\r\n')[0]}`)
      return bytesRead
    }
    this.#response = undefined
    this.#handler.opened()
    return end + 4 - before
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#socket.destroy()
    this.#handler.closed(why)
  }
}
