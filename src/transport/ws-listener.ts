import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer, STATUS_CODES } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { ServerOptions } from 'ws'
import { WebSocketServer } from 'ws'
import type { ClientCertificate, ListenerIdentity, OpenListener, UpgradeHeaders } from '../ports/connection.ts'
import { AcceptFailures } from './accept-failures.ts'
import { peersOf } from './behind-proxy.ts'
import { LINGER_MS, UPGRADE_SECONDS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from './limits.ts'
import { listenOn } from './listen-on.ts'
import type { ListenerOptions, ListenerParts } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { UpgradeHeadersReader } from './upgrade-headers.ts'
import { chooseSubprotocol, WEBSOCKET_PATH } from './websocket-subprotocol.ts'
import { WsConnection } from './ws-connection.ts'

const HEADER_BYTES_MAX = 8 * 1024

/** How a server of node:http or node:https for WebSockets is made. */
export const HTTP_LIMITS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: UPGRADE_SECONDS_MAX * 1000,
  requestTimeout: UPGRADE_SECONDS_MAX * 1000,
  connectionsCheckingInterval: 1_000,
} as const

/** Listens for MQTT over WebSocket with the `ws` package, where uWebSockets.js cannot be had. */
export async function openWsListener(options: ListenerOptions): Promise<OpenListener> {
  const server = createServer(HTTP_LIMITS, refuseRequest)
  const parts = await listenForWebSockets(server, 'websocket', options)
  serveUpgrades(server, parts, options)
  return { identity: parts.identity, close: () => stopAccepting(server) }
}

/** Answers whatever is no upgrade to a WebSocket. */
export function refuseRequest(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain', Connection: 'close' })
  response.end(`MQTT over WebSocket is served at ${WEBSOCKET_PATH}\n`)
}

/** Opens the port of an HTTP server; gives what its connections share. */
export async function listenForWebSockets(
  server: HttpServer,
  transport: ListenerIdentity['transport'],
  options: ListenerOptions,
): Promise<ListenerParts> {
  const port = await listenOn(server, options.host, options.port)
  const parts = listenerParts(options, transport, port)
  const failures = new AcceptFailures(parts.identity.name, options.log, options.clock)
  server.on('error', error => failures.report('code' in error ? String(error.code) : error.name))
  return parts
}

/** An HTTP server, encrypted or not. */
export type HttpServer = Server | SecureServer

/** Makes connections of the WebSockets that clients ask an HTTP server for. */
export function serveUpgrades(
  server: HttpServer,
  parts: ListenerParts,
  options: ListenerOptions,
  certificateOf: (socket: TLSSocket) => ClientCertificate | undefined = () => undefined,
): void {
  const peerOf = peersOf(server, parts.identity.name, options)
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
    const peer = peerOf(request.socket)
    if (peer === undefined) return void socket.destroy() // gone before we looked
    const tlsSocket = request.socket instanceof TLSSocket ? request.socket : undefined
    const refusal = server.listening ? whyRefused(request) : 503
    if (refusal !== undefined) {
      refuse(socket, refusal)
      return
    }
    webSockets.handleUpgrade(request, socket, head, webSocket => {
      const client = {
        remoteAddress: peer.address,
        remotePort: peer.port,
        tlsSocket,
        clientCertificate: tlsSocket === undefined ? undefined : certificateOf(tlsSocket),
        upgradeHeaders: headersOf(request),
      }
      new WsConnection(parts, webSocket, client).introduce(options.accept)
    })
  })
}

function whyRefused(request: IncomingMessage): number | undefined {
  if (request.url?.split('?', 1)[0] !== WEBSOCKET_PATH) return 404
  return offered(request) === undefined ? 400 : undefined
}

function headersOf(request: IncomingMessage): UpgradeHeaders | undefined {
  const reader = new UpgradeHeadersReader()
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    for (const value of values) reader.add(name, value)
  }
  return reader.headers
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
export function stopAccepting(server: HttpServer): Promise<void> {
  server.close()
  server.closeAllConnections()
  return Promise.resolve()
}
