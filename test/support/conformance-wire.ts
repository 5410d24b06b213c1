import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls, TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'

/** The far end of a byte stream to a broker, over TCP or WebSocket. */
export interface Wire {
  send(bytes: Buffer): void
  /** Stops and resumes reading. */
  pause(): void
  resume(): void
  /** Ends our side in order. */
  end(): void
  /** Breaks the connection, as a network does. */
  destroy(): void
}

/** Who is told of what a wire brings. */
export interface WireListener {
  arrived(bytes: Buffer): void
  closed(): void
}

/** What the clients of the suite speak MQTT over. */
export type Transport = 'tcp' | 'tls' | 'websocket'

/** Where a broker listens. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly transport: Transport
  /** Certificate of the authority that vouches for the broker, where the transport is encrypted. */
  readonly ca: string | undefined
  /** Undefined: MQTT over WebSocket is not served. */
  readonly websocketUrl: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
}

/** Connects as the target wants it. */
export function openWire(target: Target, listener: WireListener): Promise<Wire> {
  return target.transport === 'websocket' ? openWebSocket(target, listener) : openSocket(target, listener)
}

async function openSocket({ host, port, transport, ca }: Target, listener: WireListener): Promise<Wire> {
  const encrypted = transport === 'tls'
  const socket = encrypted
    ? connectTls({ host, port, ...(ca === undefined ? {} : { ca }) }).setNoDelay()
    : connect({ host, port, noDelay: true })
  socket.on('error', () => {}) // a close follows, and that is what tests look at
  socket.on('data', bytes => listener.arrived(bytes))
  socket.on('close', () => listener.closed())
  await once(socket, encrypted ? 'secureConnect' : 'connect')
  return {
    send: bytes => void socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.end(),
    destroy: () => breakOff(socket),
  }
}

/** Node forgets to close a handle whose reset fails, and a socket that is shutting down cannot be reset: the process would
 * spin for ever when it ends. What the other side has closed already is closed in order. */
function breakOff(socket: Socket): void {
  // Nor can one below an encryption.
  if (socket.writableEnded || socket instanceof TLSSocket) socket.destroy()
  else socket.resetAndDestroy()
}

/** Connects over WebSocket with the subprotocol `mqtt`. */
export async function openWebSocket(target: Target, listener: WireListener): Promise<Wire> {
  const webSocket = openWebSocketOf(target, ['mqtt'])
  webSocket.on('message', data => {
    if (Buffer.isBuffer(data)) listener.arrived(data)
  })
  webSocket.on('close', () => listener.closed())
  await once(webSocket, 'open')
  return {
    send: bytes => webSocket.send(bytes),
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    end: () => webSocket.close(1000),
    destroy: () => webSocket.terminate(),
  }
}

/** A WebSocket to the target that is not open yet. */
export function openWebSocketOf(target: Target, subprotocols: readonly string[]): WebSocket {
  if (target.websocketUrl === undefined) throw new Error('the target serves no WebSocket')
  const webSocket = new WebSocket(target.websocketUrl, [...subprotocols], {
    perMessageDeflate: false,
    ...(target.ca === undefined ? {} : { ca: target.ca }),
  })
  webSocket.on('error', () => {}) // a close follows
  return webSocket
}
