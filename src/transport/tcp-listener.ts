import type { Socket } from 'node:net'
import { Server } from 'node:net'
import type { OpenListener } from '../ports/connection.ts'
import { AcceptFailures } from './accept-failures.ts'
import { takerBehindProxy } from './behind-proxy.ts'
import { listenOn } from './listen-on.ts'
import type { ListenerOptions } from './listener-options.ts'
import { listenerParts } from './listener-options.ts'
import { proxyGate } from './proxy-gate.ts'
import { withoutMapping } from './remote-address.ts'
import type { SocketTaker } from './shared-read-buffer.ts'
import { readThroughSharedBuffer } from './shared-read-buffer.ts'
import type { OwnedSocket } from './tcp-connection.ts'
import { TcpConnection } from './tcp-connection.ts'

/** Lets the sockets of a server read in a cheaper way than events; false: it cannot be done here. */
export type ReadWay = (server: Server, taker: SocketTaker) => boolean

/**
 * Node accepts one connection per listening socket and turn of the event loop. With one socket each connection of a storm
 * would have a turn of its own, and with it a request to the store, an answer and two writes that nobody shares.
 */
const LISTENING_SOCKETS = 8

/**
 * Listens for MQTT over TCP. Every worker opens some sockets on the same port (`SO_REUSEPORT`) and the kernel spreads the
 * clients. `readWay` is tried first; where it says no, sockets are read with `data` events.
 */
export async function openTcpListener(
  options: ListenerOptions,
  readWay: ReadWay = readThroughSharedBuffer,
): Promise<OpenListener> {
  const first = newServer()
  const port = await listenOn(first, options.host, options.port)
  const parts = listenerParts(options, 'tcp', port)
  const failures = new AcceptFailures(parts.identity.name, options.log, options.clock)
  const direct: SocketTaker = {
    take: (socket, remoteAddress, remotePort) => {
      const connection = new TcpConnection(parts, socket, withoutMapping(remoteAddress), remotePort)
      connection.introduce(options.accept)
      return connection
    },
    failed: systemErrorName => failures.report(systemErrorName),
  }
  const gate = proxyGate(parts.identity.name, options)
  const acceptFrom = (server: Server): void => {
    const taker = gate === undefined ? direct : takerBehindProxy(gate, server, direct)
    server.on('error', error => taker.failed('code' in error ? String(error.code) : error.name))
    if (!readWay(server, taker)) readWithEvents(server, taker)
  }
  acceptFrom(first)
  const servers = [first]
  try {
    while (servers.length < LISTENING_SOCKETS) {
      const server = newServer()
      await listenOn(server, options.host, port)
      acceptFrom(server)
      servers.push(server)
    }
  } catch (error) {
    await stopAccepting(servers)
    throw error
  }
  return { identity: parts.identity, close: () => stopAccepting(servers) }
}

function newServer(): Server {
  return new Server({ allowHalfOpen: true, noDelay: true })
}

function readWithEvents(server: Server, taker: SocketTaker): void {
  server.on('connection', (socket: Socket) => {
    const { remoteAddress, remotePort } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      socket.destroy() // the client was gone before we looked
      return
    }
    taker.take(socket, remoteAddress, remotePort)
    socket.on('data', onData)
  })
}

function onData(this: OwnedSocket, bytes: Buffer): void {
  this.connection.read(bytes, bytes.length)
}

/** The port is free when this returns; the server's own `close` event waits for the last connection, so we do not. */
function stopAccepting(servers: readonly Server[]): Promise<void> {
  for (const server of servers) server.close()
  return Promise.resolve()
}
