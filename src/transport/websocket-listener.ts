import type { ListenerIdentity, OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { UwsListenSocket } from './uws-listen-socket.ts'
import { uwsPort } from './uws-port.ts'
import type { UwsModule } from './uws.ts'
import { UwsWebSockets } from './uws-websockets.ts'

/** Listens for MQTT over WebSocket with uWebSockets.js; several workers may listen on one port. */
export async function openUwsListener(uws: UwsModule, options: ListenerOptions): Promise<OpenListener> {
  const port = await uwsPort(options.host, options.port)
  const app = uws.App()
  const parts = listenerParts(options, 'websocket', port.port)
  const webSockets = new UwsWebSockets({ uws, app, parts, accept: options.accept, inspect: () => undefined })
  try {
    return new UwsListener(parts.identity, webSockets, await UwsListenSocket.open(uws, app, port))
  } catch (error) {
    app.close()
    throw error
  }
}

class UwsListener implements OpenListener {
  readonly identity: ListenerIdentity
  readonly #webSockets: UwsWebSockets
  readonly #listenSocket: UwsListenSocket

  constructor(identity: ListenerIdentity, webSockets: UwsWebSockets, listenSocket: UwsListenSocket) {
    this.identity = identity
    this.#webSockets = webSockets
    this.#listenSocket = listenSocket
  }

  suspend(): void {
    this.#listenSocket.suspend()
  }

  resume(): Promise<void> {
    return this.#listenSocket.resume()
  }

  close(): Promise<void> {
    this.#listenSocket.suspend()
    this.#webSockets.close()
    return Promise.resolve()
  }
}
