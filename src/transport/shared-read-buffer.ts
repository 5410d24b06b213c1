import { getSystemErrorName } from 'node:util'
import type { OnReadOpts, Server, SocketConstructorOpts } from 'node:net'
import { Socket } from 'node:net'
import type { OwnedSocket, SocketReader } from './tcp-connection.ts'

const READ_BUFFER_BYTES = 1024 * 1024

/** One for the process: what is read is worked off before the next read. Made when the first server asks. */
let sharedBuffer: Buffer | undefined

/** Gets the sockets of a server, and why one could not be had. */
export interface SocketTaker {
  /** Makes the socket an {@link OwnedSocket} before it returns; gives its reader. */
  take(socket: Socket, remoteAddress: string, remotePort: number): SocketReader
  failed(systemErrorName: string): void
}

/**
 * Lets all connections of a server that listens read into the one buffer of the process: no allocation per read and none per idle
 * connection. Node offers `onread` for outgoing sockets only, so the accepted handles are taken from `_handle`, which
 * is not documented. False where this Node has no such thing; the server then works as any other.
 */
export function readThroughSharedBuffer(server: Server, taker: SocketTaker): boolean {
  const listening: unknown = Reflect.get(server, '_handle')
  if (!isListeningHandle(listening)) return false
  sharedBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
  const buffer = sharedBuffer
  const onread = {
    buffer,
    // Node calls it as a method of the socket, which saves a closure per connection.
    callback(this: OwnedSocket, length: number): boolean {
      this.connection.read(buffer, length)
      return true
    },
  }
  listening.onconnection = (status, handle) => {
    if (status !== 0 || !isConnectionHandle(handle)) {
      taker.failed(status === 0 ? 'no handle' : getSystemErrorName(status))
      return
    }
    const peer: PeerName = {}
    if (handle.getpeername(peer) !== 0 || peer.address === undefined || peer.port === undefined) {
      handle.close() // the client was gone before we looked
      return
    }
    const socket = socketOf(handle, onread)
    socket.setNoDelay(true)
    taker.take(socket, peer.address, peer.port)
  }
  return true
}

/** The socket reads at once, so its owner must be known before the event loop turns. */
function socketOf(handle: ConnectionHandle, onread: OnReadOpts): Socket {
  const options: SocketConstructorOpts = { allowHalfOpen: true, onread }
  Reflect.set(options, 'handle', handle) // as Node's own server does; the types know another kind of handle only
  return new Socket(options)
}

/** The part of Node's listening handle that is used here. */
interface ListeningHandle {
  onconnection: (status: number, handle: unknown) => void
}

/** The part of Node's connection handle that is used here. Asking it for the peer leaves nothing on the socket. */
interface ConnectionHandle {
  getpeername(peer: PeerName): number
  close(): void
}

interface PeerName {
  address?: string
  port?: number
}

function isListeningHandle(value: unknown): value is ListeningHandle {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'onconnection') === 'function'
}

function isConnectionHandle(value: unknown): value is ConnectionHandle {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'getpeername') === 'function'
}
