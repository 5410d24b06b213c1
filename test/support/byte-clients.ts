import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { connect as connectWithTls } from 'node:tls'
import { WebSocket } from 'ws'

const FRAME_BYTES = 60_000

/** The far end of a connection, as bytes: what a listener's contract is tested with. */
export interface ByteClient {
  /** Everything received so far. */
  readonly received: Buffer
  /** Reads of a socket, or frames of a WebSocket, so far. */
  readonly arrivals: number
  readonly closed: boolean
  /** Bytes that the operating system has not taken. */
  readonly unsentBytes: number
  send(bytes: Buffer): void
  /** Stops reading. */
  pause(): void
  resume(): void
  /** Closes after everything was sent. */
  end(): void
  /** Closes with a reset. */
  reset(): void
}

/** Opens a client of the listener on `port`; rejects when it is refused. */
export type ConnectClient = (port: number) => Promise<ByteClient>

/** Collects what arrives without joining it for each arrival. */
class Received {
  #chunks: Buffer[] = []
  arrivals = 0

  push(bytes: Buffer): void {
    this.#chunks.push(bytes)
    this.arrivals++
  }

  get bytes(): Buffer {
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = [bytes]
    return bytes
  }
}

class TcpClient implements ByteClient {
  readonly #socket: Socket
  /** The socket itself, or the one below its encryption. */
  readonly #transport: Socket
  readonly #received = new Received()
  closed = false

  constructor(socket: Socket, transport: Socket = socket) {
    this.#socket = socket
    this.#transport = transport
    socket.on('data', bytes => this.#received.push(Buffer.from(bytes)))
    socket.on('error', () => {}) // a reset is one of the things that are tested
    socket.on('close', () => {
      this.closed = true
    })
  }

  get received(): Buffer {
    return this.#received.bytes
  }

  get arrivals(): number {
    return this.#received.arrivals
  }

  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  send(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  reset(): void {
    resetNow(this.#transport, this.#transport !== this.#socket)
    this.#socket.destroy()
  }
}

class WebSocketClient implements ByteClient {
  readonly #webSocket: WebSocket
  /** Of TCP; below the encryption, if there is one. */
  readonly #transport: Socket
  readonly #received = new Received()
  closed = false

  constructor(webSocket: WebSocket, transport: Socket) {
    this.#webSocket = webSocket
    this.#transport = transport
    webSocket.on('message', data => {
      if (Buffer.isBuffer(data)) this.#received.push(Buffer.from(data))
    })
    webSocket.on('error', () => {})
    webSocket.on('close', () => {
      this.closed = true
    })
  }

  get received(): Buffer {
    return this.#received.bytes
  }

  get arrivals(): number {
    return this.#received.arrivals
  }

  get unsentBytes(): number {
    return this.#webSocket.bufferedAmount
  }

  /** As many frames as it takes, so that packets cross them. */
  send(bytes: Buffer): void {
    for (let start = 0; start < bytes.length; start += FRAME_BYTES) {
      this.#webSocket.send(bytes.subarray(start, start + FRAME_BYTES))
    }
  }

  pause(): void {
    this.#webSocket.pause()
  }

  resume(): void {
    this.#webSocket.resume()
  }

  end(): void {
    this.#webSocket.close(1000)
  }

  reset(): void {
    resetNow(this.#transport, this.#webSocket.url.startsWith('wss:'))
    this.#webSocket.terminate() // an encryption in between does not hear of it
  }
}

/** Node cannot reset a socket below an encryption; closed with bytes unread, the system resets it. */
function resetNow(transport: Socket, encrypted: boolean): void {
  if (encrypted) transport.destroy()
  else transport.resetAndDestroy()
}

/** Opens a socket that says `preface` before anything else, in pieces as given. */
function open(port: number, preface: readonly Buffer[]): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  for (const piece of preface) socket.write(piece)
  return socket
}

/** Connects with TCP; `preface` is what a proxy would say first. */
export async function connectTcp(port: number, preface: readonly Buffer[] = []): Promise<ByteClient> {
  const socket = open(port, preface)
  await once(socket, 'connect')
  return new TcpClient(socket)
}

/** Connects with a WebSocket that offers `mqtt`. */
export async function connectWebSocket(port: number, preface: readonly Buffer[] = []): Promise<ByteClient> {
  const socket = open(port, preface)
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`, ['mqtt'], { createConnection: () => socket })
  const client = new WebSocketClient(webSocket, socket)
  await once(webSocket, 'open')
  return client
}

/** Connects with TLS. */
export async function connectTls(
  port: number,
  options: ConnectionOptions,
  preface: readonly Buffer[] = [],
): Promise<ByteClient> {
  const transport = open(port, preface)
  const socket = connectWithTls({ ...options, socket: transport })
  const client = new TcpClient(socket, transport)
  await once(socket, 'secureConnect')
  return client
}

/** Connects with a WebSocket over TLS that offers `mqtt`. */
export async function connectSecureWebSocket(
  port: number,
  options: ConnectionOptions,
  preface: readonly Buffer[] = [],
): Promise<ByteClient> {
  const transport = open(port, preface)
  const createConnection = (): Socket => connectWithTls({ ...options, socket: transport })
  const webSocket = new WebSocket(`wss://127.0.0.1:${port}/mqtt`, ['mqtt'], { createConnection })
  const client = new WebSocketClient(webSocket, transport)
  await once(webSocket, 'open')
  return client
}
