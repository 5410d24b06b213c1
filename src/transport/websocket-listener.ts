import { Server } from 'node:net'
import type {
  HttpRequest,
  HttpResponse,
  TemplatedApp,
  us_listen_socket,
  us_socket_context_t,
  WebSocket,
} from 'uWebSockets.js'
import { BrokerError } from '../core/errors.ts'
import type { ListenerIdentity, OpenListener } from '../ports/connection.ts'
import { UPGRADE_SECONDS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from './limits.ts'
import { listenOn } from './listen-on.ts'
import type { ListenerOptions, ListenerParts } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import type { UwsUserData } from './uws-connection.ts'
import { UwsConnection } from './uws-connection.ts'
import type { UwsModule } from './uws.ts'
import { chooseSubprotocol, WEBSOCKET_PATH } from './websocket-subprotocol.ts'

/** Listens for MQTT over WebSocket with uWebSockets.js; several workers may listen on one port. */
export async function openUwsListener(uws: UwsModule, options: ListenerOptions): Promise<OpenListener> {
  const { host } = options
  // uSockets shares a port (SO_REUSEPORT) only when it was named, so a free one is found and held for it.
  const held = options.port === 0 ? await holdPort(host, 0) : undefined
  const port = held?.port ?? options.port
  const app = uws.App()
  const listener = new UwsListener(uws, app, listenerParts(options, 'websocket', port), options)
  limitUpgradeTime(app)
  const listenSocket = await new Promise<us_listen_socket | false>(resolve => app.listen(host, port, resolve))
  held?.release()
  if (listenSocket === false) {
    app.close()
    throw new BrokerError('LISTENER', `cannot listen on ${host} port ${port}`, { cause: await whyNot(host, port) })
  }
  listener.listening(listenSocket)
  return listener
}

class UwsListener implements OpenListener {
  readonly #uws: UwsModule
  readonly #app: TemplatedApp
  readonly #parts: ListenerParts
  #listenSocket: us_listen_socket | undefined
  #connections = 0
  #closing = false
  #released = false

  constructor(uws: UwsModule, app: TemplatedApp, parts: ListenerParts, { accept }: ListenerOptions) {
    this.#uws = uws
    this.#app = app
    this.#parts = parts
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

  get identity(): ListenerIdentity {
    return this.#parts.identity
  }

  listening(listenSocket: us_listen_socket): void {
    this.#listenSocket = listenSocket
  }

  close(): Promise<void> {
    if (!this.#closing && this.#listenSocket !== undefined) this.#uws.us_listen_socket_close(this.#listenSocket)
    this.#closing = true
    this.#releaseWhenEmpty()
    return Promise.resolve()
  }

  #upgrade(response: HttpResponse, request: HttpRequest, context: us_socket_context_t): void {
    const subprotocol = chooseSubprotocol(request.getHeader('sec-websocket-protocol'))
    if (this.#closing) {
      refuse(response, '503 Service Unavailable', 'closing\n')
    } else if (subprotocol === undefined) {
      refuse(response, '400 Bad Request', 'the WebSocket subprotocol mqtt must be offered\n')
    } else {
      const userData: UwsUserData = { connection: undefined }
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
    this.#parts.endOfTick.add({ flush: () => this.#app.close() })
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

interface HeldPort {
  readonly port: number
  release(): void
}

/** Binds a port in a way that lets others of this user bind it too. */
async function holdPort(host: string, port: number): Promise<HeldPort> {
  const server = new Server()
  return { port: await listenOn(server, host, port), release: () => void server.close() }
}

/** uSockets does not say why it cannot listen; Node does. */
async function whyNot(host: string, port: number): Promise<unknown> {
  try {
    const held = await holdPort(host, port)
    held.release()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.cause : error
  }
}
