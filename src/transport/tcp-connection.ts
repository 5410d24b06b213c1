import type { Socket } from 'node:net'
import { GatheringConnection } from './gathering-connection.ts'
import type { ListenerParts } from './listener-options.ts'

/** Gets what a socket reads. */
export interface SocketReader {
  /** `bytes[0, length)` were read; they are valid during the call only. */
  read(bytes: Buffer, length: number): void
}

/** A socket that knows its reader, so that one listener function serves the sockets of all of them. */
export type OwnedSocket = Socket & { readonly connection: SocketReader }

type ConnectedSocket = Socket & { readonly connection: TcpConnection }

/** A connection over a socket of node:net, which must allow half-open connections. */
export class TcpConnection extends GatheringConnection implements SocketReader {
  protected readonly socket: Socket

  constructor(parts: ListenerParts, socket: Socket, remoteAddress: string, remotePort: number) {
    super(parts, remoteAddress, remotePort)
    this.socket = socket
    Object.assign(socket, { connection: this })
    socket.on('end', onEnd).on('error', onError).on('close', onClose)
  }

  get pendingBytes(): number {
    return this.socket.writableLength
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  read(bytes: Buffer, length: number): void {
    this.received(bytes, 0, length)
  }

  /** The client sends no more. What it was about to get still leaves, but nobody waits for anything else. */
  peerEnded(): void {
    this.out.flush()
    if (this.pendingBytes === 0) this.destroy()
    else this.end()
  }

  socketClosed(): void {
    this.gone()
  }

  protected transmit(slab: Buffer, length: number): boolean {
    this.socket.write(slab.subarray(0, length), () => {
      this.parts.slabs.give(slab)
      this.transmitted()
    })
    return this.socket.writableLength === 0
  }

  /** Reads on: closing with unread bytes would send a reset, which can overtake the last packet. */
  protected closeInOrder(): void {
    this.socket.end()
    this.socket.resume()
  }

  protected closeAtOnce(): void {
    this.socket.destroy()
  }
}

function onEnd(this: ConnectedSocket): void {
  this.connection.peerEnded()
}

function onClose(this: ConnectedSocket): void {
  this.connection.socketClosed()
}

/** A client that vanishes is nothing to report; `close` follows. */
function onError(): void {}
