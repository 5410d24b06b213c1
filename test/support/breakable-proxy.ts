import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

/** A TCP proxy that a test can make silent: bytes stop, connections stay, as when a cable is pulled. */
export class BreakableProxy {
  readonly #server: Server
  readonly #targetPort: number
  readonly #sockets = new Set<Socket>()
  #silent = false

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer(socket => this.#join(socket))
  }

  static async open(targetPort: number): Promise<BreakableProxy> {
    const proxy = new BreakableProxy(targetPort)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    return addressOf(this.#server).port
  }

  /** Lets nothing pass any more, in either direction, until {@link mend}. */
  silence(): void {
    this.#silent = true
    for (const socket of this.#sockets) socket.pause()
  }

  mend(): void {
    this.#silent = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Breaks every connection that is open; new ones are whole. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const target = connect(this.#targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', bytes => to.write(bytes))
      from.on('error', () => {}) // a close follows
      from.on('close', () => {
        this.#sockets.delete(from)
        to.destroy()
      })
      if (this.#silent) from.pause()
    }
  }
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
  return address
}
