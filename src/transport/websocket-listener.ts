import type { us_listen_socket } from 'uWebSockets.js'
import type { ListenerIdentity, OpenListener } from '../ports/connection.ts'
import type { ListenerOptions } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { listenWithUws, uwsPort } from './uws-port.ts'
import type { UwsModule } from './uws.ts'
import { UwsWebSockets } from './uws-websockets.ts'

/** Listens for MQTT over WebSocket with uWebSockets.js; several workers may listen on one port. */
export async function openUwsListener(uws: UwsModule, options: ListenerOptions): Promise<OpenListener> {
  const port = await uwsPort(options.host, options.port)
  const app = uws.App()
  const parts = listenerParts(options, 'websocket', port.port)
  const webSockets = new UwsWebSockets({ uws, app, parts, accept: options.accept, inspect: () => undefined })
  try {
    return new UwsListener(uws, parts.identity, webSockets, await listenWithUws(app, port))
  } catch (error) {
    app.close()
    throw error
  }
}

class UwsListener implements OpenListener {
  readonly identity: ListenerIdentity
  readonly #uws: UwsModule
  readonly #webSockets: UwsWebSockets
  #listenSocket: us_listen_socket | undefined

  constructor(
    uws: UwsModule,
    identity: ListenerIdentity,
    webSockets: UwsWebSockets,
    listenSocket: us_listen_socket | undefined,
  ) {
    this.identity = identity
    this.#uws = uws
    this.#webSockets = webSockets
    this.#listenSocket = listenSocket
  }

  close(): Promise<void> {
    if (this.#listenSocket !== undefined) this.#uws.us_listen_socket_close(this.#listenSocket)
    this.#listenSocket = undefined
    this.#webSockets.close()
    return Promise.resolve()
  }
}
