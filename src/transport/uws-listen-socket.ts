import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { listenWithUws, type UwsPort } from './uws-port.ts'
import type { UwsModule } from './uws.ts'

/**
 * The socket on which an app of uWebSockets.js listens. It can be closed for a while: when file descriptors have run out,
 * uSockets would try to accept without a pause, which takes all of the processor.
 */
export class UwsListenSocket {
  readonly #uws: UwsModule
  readonly #app: TemplatedApp
  readonly #port: UwsPort
  #socket: us_listen_socket | undefined
  #wanted = true

  private constructor(uws: UwsModule, app: TemplatedApp, port: UwsPort, socket: us_listen_socket) {
    this.#uws = uws
    this.#app = app
    this.#port = { ...port, release() {} }
    this.#socket = socket
  }

  /** Rejects with `LISTENER`. */
  static async open(uws: UwsModule, app: TemplatedApp, port: UwsPort): Promise<UwsListenSocket> {
    return new UwsListenSocket(uws, app, port, await listenWithUws(app, port))
  }

  suspend(): void {
    this.#wanted = false
    this.#close()
  }

  /** Listens again on the same port; rejects with `LISTENER`, and may then be tried again. */
  async resume(): Promise<void> {
    if (this.#wanted) return
    this.#wanted = true
    try {
      this.#socket = await listenWithUws(this.#app, this.#port)
    } catch (error) {
      this.#wanted = false
      throw error
    }
    if (!this.#wanted) this.#close()
  }

  #close(): void {
    if (this.#socket !== undefined) this.#uws.us_listen_socket_close(this.#socket)
    this.#socket = undefined
  }
}
