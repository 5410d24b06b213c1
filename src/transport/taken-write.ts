import type { TLSSocket } from 'node:tls'

/** node:tls hands over so much of a write at once that its queue tells whether the operating system took all of it. */
const TAKEN_AT_ONCE_BYTES_MAX = 64 * 1024

/**
 * The write of a TLS socket that the operating system has although node:tls calls it unfinished: that finishes every
 * write one turn of the event loop later. Taken at its word, each write would have to wait, and the broker would be
 * told of a drain each time.
 */
export class TakenWrite {
  /** Counted by the socket as waiting, and not waiting. */
  bytes: number
  /** Undefined where this Node does not show it: then each write waits. */
  readonly #transport: TransportHandle | undefined

  constructor(socket: TLSSocket) {
    this.bytes = 0
    this.#transport = transportOf(socket)
  }

  /** A write has begun; the socket counted `before` bytes as waiting, and now counts `after`. */
  begun(before: number, after: number): void {
    if (before > 0 || after > TAKEN_AT_ONCE_BYTES_MAX) return
    if (this.#transport?.writeQueueSize === 0) this.bytes = after
  }

  /** The socket calls a write finished; they finish in their order, so a taken one is the first. */
  finished(): void {
    this.bytes = 0
  }
}

/** The part of Node's handle of the TCP connection that is used here. */
interface TransportHandle {
  /** Bytes that the operating system has not taken. */
  readonly writeQueueSize: number
}

/** The handle below that of the encryption. Neither is documented. */
function transportOf(socket: TLSSocket): TransportHandle | undefined {
  const encryption: unknown = Reflect.get(socket, '_handle')
  const transport: unknown = isObject(encryption) ? Reflect.get(encryption, '_parent') : undefined
  return isTransportHandle(transport) ? transport : undefined
}

function isTransportHandle(value: unknown): value is TransportHandle {
  return isObject(value) && typeof Reflect.get(value, 'writeQueueSize') === 'number'
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
