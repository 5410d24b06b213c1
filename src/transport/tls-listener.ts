import type { Server, TLSSocket } from 'node:tls'
import { createServer } from 'node:tls'
import { AcceptFailures } from './accept-failures.ts'
import { peersOf } from './behind-proxy.ts'
import { HandshakeFailures } from './handshake-failures.ts'
import { listenOn } from './listen-on.ts'
import { listenerParts } from './listener-options.ts'
import { NodeTls } from './node-tls.ts'
import type { OwnedSocket } from './tcp-connection.ts'
import { TlsConnection } from './tls-connection.ts'
import type { TlsListener, TlsListenerOptions } from './tls-setup.ts'

/**
 * Listens for MQTT over TLS; several workers may listen on one port, and each resumes the sessions of the others. The
 * broker sees a connection once its handshake is over.
 */
export async function openTlsListener(options: TlsListenerOptions): Promise<TlsListener> {
  const tls = new NodeTls(options.tls)
  const server = createServer({ ...tls.options, allowHalfOpen: true, noDelay: true })
  const port = await listenOn(server, options.host, options.port)
  const parts = listenerParts(options, 'tls', port)
  const failures = new AcceptFailures(parts.identity.name, options.log, options.clock)
  server.on('error', error => failures.report('code' in error ? String(error.code) : error.name))
  tls.guard(server, new HandshakeFailures(parts.identity.name, options), options.clock)
  const peerOf = peersOf(server, parts.identity.name, options)
  server.on('secureConnection', socket => {
    const peer = peerOf(socket)
    if (socket.destroyed || !server.listening || peer === undefined) {
      socket.destroy() // turned away, too late, or gone before we looked
      return
    }
    socket.disableRenegotiation()
    const connection = new TlsConnection(parts, socket, peer.address, peer.port, tls.certificateOf(socket))
    connection.introduce(options.accept)
    socket.on('data', onData)
  })
  return { identity: parts.identity, use: setup => tls.use(server, setup), close: () => stopAccepting(server) }
}

function onData(this: OwnedSocket & TLSSocket, bytes: Buffer): void {
  this.connection.read(bytes, bytes.length)
}

/** The port is free when this returns; connections go on. */
function stopAccepting(server: Server): Promise<void> {
  server.close()
  return Promise.resolve()
}
