import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from '../ports/connection.ts'
import type { ListenerParts } from './listener-options.ts'
import { TakenWrite } from './taken-write.ts'
import { TcpConnection } from './tcp-connection.ts'

/** A connection over a socket of node:tls whose handshake is over. */
export class TlsConnection extends TcpConnection {
  readonly clientCertificate: ClientCertificate | undefined
  readonly #taken: TakenWrite

  constructor(
    parts: ListenerParts,
    socket: TLSSocket,
    remoteAddress: string,
    remotePort: number,
    certificate: ClientCertificate | undefined,
  ) {
    super(parts, socket, remoteAddress, remotePort)
    this.clientCertificate = certificate
    this.#taken = new TakenWrite(socket)
  }

  override get pendingBytes(): number {
    return this.socket.writableLength - this.#taken.bytes
  }

  protected override transmit(slab: Buffer, length: number): boolean {
    const { socket } = this
    const before = socket.writableLength
    socket.write(slab.subarray(0, length), () => {
      this.#taken.finished()
      this.parts.slabs.give(slab)
      this.transmitted()
    })
    this.#taken.begun(before, socket.writableLength)
    return this.pendingBytes === 0
  }
}
