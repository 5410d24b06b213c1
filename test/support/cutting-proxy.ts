import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a client and a server of the loopback, and loses what a test wants lost. */
export class CuttingProxy {
  readonly #server: Server
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #swallowing = false
  #swallowed = Promise.withResolvers<void>()

  private constructor(server: Server, serverPort: number) {
    this.#server = server
    this.#port = serverPort
    server.on('connection', client => this.#join(client))
  }

  static async start(serverPort: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1')
    const proxy = new CuttingProxy(server, serverPort)
    await once(server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    return address.port
  }

  /** From now on the server hears everything, and nobody hears the server; resolves when it has said something. */
  async swallowAnswer(): Promise<void> {
    this.#swallowing = true
    this.#swallowed = Promise.withResolvers()
    await this.#swallowed.promise
  }

  /** Cuts all connections; new ones are whole. */
  cut(): void {
    this.#swallowing = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(client: Socket): void {
    const upstream = connect(this.#port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', bytes => upstream.write(bytes))
    upstream.on('data', bytes => {
      if (this.#swallowing) this.#swallowed.resolve()
      else client.write(bytes)
    })
  }
}
