import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t, WebSocket } from 'uWebSockets.js'
import type { AcceptConnection, ClientCertificate } from '../ports/connection.ts'
import { UPGRADE_SECONDS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from './limits.ts'
import type { ListenerParts } from './listener-options.ts'
import type { UwsUserData } from './uws-connection.ts'
import { UwsConnection } from './uws-connection.ts'
import type { UwsModule } from './uws.ts'
import { UpgradeHeadersReader } from './upgrade-headers.ts'
import { chooseSubprotocol, WEBSOCKET_PATH } from './websocket-subprotocol.ts'

/** What a client shows of itself when it asks for a WebSocket; `refused`: it may not have one. */
export type Inspect = (response: HttpResponse) => ClientCertificate | undefined | 'refused'

/** What the WebSockets of one app of uWebSockets.js are made with. */
export interface UwsWebSocketsOptions {
  readonly uws: UwsModule
  readonly app: TemplatedApp
  readonly parts: ListenerParts
  readonly accept: AcceptConnection
  readonly inspect: Inspect
}

/** Serves MQTT over WebSocket on an app of uWebSockets.js, until it is closed and the last connection has gone. */
export class UwsWebSockets {
  readonly #options: UwsWebSocketsOptions
  #connections = 0
  #closing = false
  #released = false

  constructor(options: UwsWebSocketsOptions) {
    this.#options = options
    const { uws, app, parts, accept } = options
    limitUpgradeTime(app)
    app.ws<UwsUserData>(WEBSOCKET_PATH, {
      compression: uws.DISABLED,
      maxPayloadLength: WEBSOCKET_MESSAGE_BYTES_MAX,
      maxBackpressure: 0, // nothing is ever dropped; the connection has its own bound
      idleTimeout: 0, // Keep Alive decides (v5 3.1.2.10)
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: socket => {
        this.#connections++
        const connection = new UwsConnection(parts, socket)
        socket.getUserData().connection = connection
        connection.introduce(accept)
      },
      message: (socket, bytes, isBinary) => socket.getUserData().connection?.message(bytes, isBinary),
      drain: socket => socket.getUserData().connection?.drained(),
      close: socket => this.#closed(connectionOfClosed(socket)),
    })
    app.any('/*', response => refuse(response, '404 Not Found', `MQTT over WebSocket is served at ${WEBSOCKET_PATH}\n`))
  }

  /** Makes no more WebSockets; open ones stay open. */
  close(): void {
    this.#closing = true
    this.#releaseWhenEmpty()
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const subprotocol = chooseSubprotocol(request.getHeader('sec-websocket-protocol'))
    const clientCertificate = this.#options.inspect(response)
    if (this.#closing) {
      refuse(response, '503 Service Unavailable', 'closing\n')
    } else if (subprotocol === undefined) {
      refuse(response, '400 Bad Request', 'the WebSocket subprotocol mqtt must be offered\n')
    } else if (clientCertificate === 'refused') {
      refuse(response, '403 Forbidden', 'a valid client certificate is needed\n')
    } else {
      const reader = new UpgradeHeadersReader()
      request.forEach((name, value) => reader.add(name, value))
      const userData: UwsUserData = { connection: undefined, clientCertificate, upgradeHeaders: reader.headers }
      response.upgrade(userData, request.getHeader('sec-websocket-key'), subprotocol, '', context)
    }
  }

  #closed(connection: UwsConnection | undefined): void {
    this.#connections--
    connection?.socketClosed()
    if (this.#closing) this.#releaseWhenEmpty()
  }

  /** Frees the native part, and with it sockets that never became a WebSocket; not inside of a call from it. */
  #releaseWhenEmpty(): void {
    if (this.#connections > 0 || this.#released) return
    this.#released = true
    const { app, parts } = this.#options
    parts.endOfTick.add({ flush: () => app.close() })
  }
}

/** The user data are properties of the WebSocket itself; asking it for them throws once it is closed. */
function connectionOfClosed(socket: WebSocket<UwsUserData>): UwsConnection | undefined {
  const connection: unknown = Reflect.get(socket, 'connection')
  return connection instanceof UwsConnection ? connection : undefined
}

function refuse(response: HttpResponse, status: string, why: string): void {
  response.cork(() => response.writeStatus(status).writeHeader('Content-Type', 'text/plain').end(why, true))
}

/** 30 seconds where it is not set. The types do not know it. */
function limitUpgradeTime(app: TemplatedApp): void {
  const setIdleTimeout: unknown = Reflect.get(app, 'setIdleTimeout')
  if (typeof setIdleTimeout === 'function') Reflect.apply(setIdleTimeout, app, [UPGRADE_SECONDS_MAX])
}
