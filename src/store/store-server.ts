import { createServer, type Server, type Socket } from 'node:net'
import { BrokerError } from '../core/errors.ts'
import { ServedWorker, type ServedWorkerContext } from './served-worker.ts'

const LINGER_MS = 1000
/** Links open at the same time; one more is turned away. */
const WORKERS_MAX = 1024

/** What a {@link StoreServer} is made of. */
export interface StoreServerOptions extends ServedWorkerContext {
  /** In a folder that only the user of the broker may enter (mode 0700; the caller makes it). */
  readonly socketPath: string
}

/**
 * Serves the store of the host to its workers over a Unix socket. A link that closes takes its long answers with it;
 * the sessions of its worker are abandoned by whoever knows that the worker is dead.
 */
export class StoreServer {
  readonly #options: StoreServerOptions
  readonly #server: Server
  readonly #workers = new Set<ServedWorker>()

  private constructor(options: StoreServerOptions) {
    this.#options = options
    this.#server = createServer(socket => this.#accept(socket))
  }

  /** Resolves once workers can connect. */
  static async open(options: StoreServerOptions): Promise<StoreServer> {
    const server = new StoreServer(options)
    await server.#listen()
    return server
  }

  /** Ends every link once what was answered has left, and cuts those that linger. The store stays open. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    for (const worker of this.#workers) worker.records.end()
    const linger = this.#options.clock.after(LINGER_MS, () => {
      for (const worker of this.#workers) worker.records.cut(undefined)
    })
    await closed
    linger.cancel()
  }

  async #listen(): Promise<void> {
    const { socketPath, log } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', cause => {
        reject(new BrokerError('LISTENER', `the store cannot listen at ${socketPath}`, { cause }))
      })
      this.#server.listen(socketPath, resolve)
    })
    this.#server.removeAllListeners('error')
    this.#server.on('error', error => log.error('accepting a worker at the store failed', error))
  }

  #accept(socket: Socket): void {
    if (this.#workers.size >= WORKERS_MAX || !this.#server.listening) {
      socket.destroy()
      return
    }
    this.#workers.add(new ServedWorker(socket, this.#options, worker => void this.#workers.delete(worker)))
  }
}
