import type { IncomingMessage, Server } from 'node:http'
import { createServer, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ServerOptions } from 'ws'
import { WebSocketServer } from 'ws'
import type { OpenListener } from '../ports/connection.ts'
import { AcceptFailures } from './accept-failures.ts'
import { LINGER_MS, UPGRADE_SECONDS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from './limits.ts'
import { listenOn } from './listen-on.ts'
import type { ListenerOptions, ListenerParts } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { withoutMapping } from './remote-address.ts'
import { chooseSubprotocol, WEBSOCKET_PATH } from './websocket-subprotocol.ts'
import { WsConnection } from './ws-connection.ts'

const HEADER_BYTES_MAX = 8 * 1024
const HTTP_LIMITS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: UPGRADE_SECONDS_MAX * 1000,
  requestTimeout: UPGRADE_SECONDS_MAX * 1000,
  connectionsCheckingInterval: 1_000,
} as const

/** Listens for MQTT over WebSocket with the `ws` package, where uWebSockets.js cannot be had. */
export async function openWsListener(options: ListenerOptions): Promise<OpenListener> {
  const server = createServer(HTTP_LIMITS, (_, response) => {
    response.writeHead(404, { 'Content-Type': 'text/plain', Connection: 'close' })
    response.end(`MQTT over WebSocket is served at ${WEBSOCKET_PATH}\n`)
  })
  const port = await listenOn(server, options.host, options.port)
  const parts = listenerParts(options, 'websocket', port)
  const failures = new AcceptFailures(parts.identity.name, options.log, options.clock)
  server.on('error', error => failures.report('code' in error ? String(error.code) : error.name))
  serveUpgrades(server, parts, options)
  return { identity: parts.identity, close: () => stopAccepting(server) }
}

function serveUpgrades(server: Server, parts: ListenerParts, { accept }: ListenerOptions): void {
  const webSocketOptions: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX,
    closeTimeout: LINGER_MS,
    handleProtocols: (_, request) => offered(request) ?? false,
  }
  const webSockets = new WebSocketServer(webSocketOptions)
  server.on('upgrade', (request, socket, head) => {
    const { remoteAddress = '', remotePort = 0 } = request.socket
    const refusal = whyRefused(request)
    if (refusal !== undefined) {
      refuse(socket, refusal)
      return
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      new WsConnection(parts, webSocket, withoutMapping(remoteAddress), remotePort).introduce(accept)
    })
  })
}

function whyRefused(request: IncomingMessage): number | undefined {
  if (request.url?.split('?', 1)[0] !== WEBSOCKET_PATH) return 404
  return offered(request) === undefined ? 400 : undefined
}

function offered(request: IncomingMessage): string | undefined {
  return chooseSubprotocol(request.headers['sec-websocket-protocol'] ?? '')
}

function refuse(socket: Duplex, status: number): void {
  socket.on('error', () => {}) // a client that does not wait for the answer
  const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
  socket.end(answer, () => socket.destroy())
}

/** Connections that have become WebSockets are no longer the server's and stay open. */
function stopAccepting(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  return Promise.resolve()
}
