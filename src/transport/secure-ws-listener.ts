import { createServer } from 'node:https'
import { HandshakeFailures } from './handshake-failures.ts'
import { NodeTls } from './node-tls.ts'
import type { TlsListener, TlsListenerOptions } from './tls-setup.ts'
import { HTTP_LIMITS, listenForWebSockets, refuseRequest, serveUpgrades, stopAccepting } from './ws-listener.ts'

/** Listens for MQTT over WebSocket over TLS with node:https and the `ws` package. */
export async function openSecureWsListener(options: TlsListenerOptions): Promise<TlsListener> {
  const tls = new NodeTls(options.tls)
  const server = createServer({ ...HTTP_LIMITS, ...tls.options }, refuseRequest)
  const parts = await listenForWebSockets(server, 'secure-websocket', options)
  tls.guard(server, new HandshakeFailures(parts.identity.name, options), options.clock)
  serveUpgrades(server, parts, options, socket => tls.certificateOf(socket))
  return { identity: parts.identity, use: setup => tls.use(server, setup), close: () => stopAccepting(server) }
}
