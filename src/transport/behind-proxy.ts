import type { Server, Socket } from 'node:net'
import { AwaitedHeader } from './awaited-header.ts'
import type { ListenerOptions } from './listener-options.ts'
import type { ProxyGate } from './proxy-gate.ts'
import { proxyGate } from './proxy-gate.ts'
import type { PeerOf, RemotePeer } from './remote-address.ts'
import { directPeer, withoutMapping } from './remote-address.ts'
import type { SocketTaker } from './shared-read-buffer.ts'
import type { SocketReader } from './tcp-connection.ts'

/** Has each socket of a TCP server show its PROXY header before `taker` gets it. */
export function takerBehindProxy(gate: ProxyGate, server: Server, taker: SocketTaker): SocketTaker {
  return {
    take: (socket, remoteAddress, remotePort) => {
      const proxy = { address: withoutMapping(remoteAddress), port: remotePort }
      const header = AwaitedHeader.of(gate, socket, proxy, (client, rest) => {
        if (!server.listening) return void socket.destroy()
        const reader = taker.take(socket, client.address, client.port)
        if (rest.length > 0) reader.read(rest, rest.length)
      })
      Object.assign(socket, { connection: header ?? NOBODY })
      return header ?? NOBODY
    },
    failed: systemErrorName => taker.failed(systemErrorName),
  }
}

/** Reads what still arrives of a socket that was destroyed. */
const NOBODY: SocketReader = { read() {} }

/** What tells the client of a socket of a server of node:tls, node:http or node:https, behind proxies or without. */
export function peersOf(server: Server, listener: string, options: ListenerOptions): PeerOf {
  const gate = proxyGate(listener, options)
  return gate === undefined ? directPeer : readHeadersFirst(server, gate)
}

/**
 * Reads the PROXY header of each connection before a server gets it: what the server itself does with its connections waits until
 * then. A socket may be asked about by the encrypted one over it.
 */
function readHeadersFirst(server: Server, gate: ProxyGate): PeerOf {
  /** Each goes with its connection. */
  const clients = new Map<string, RemotePeer>()
  const takers = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const proxy = directPeer(socket)
    const connection = connectionOf(socket)
    if (proxy === undefined) return void socket.destroy() // gone before we looked
    const header = AwaitedHeader.of(gate, socket, proxy, (client, rest) => {
      socket.off('readable', onReadable)
      if (rest.length > 0) socket.unshift(rest)
      clients.set(connection, client)
      socket.once('close', () => clients.delete(connection))
      for (const taker of takers) Reflect.apply(taker, server, [socket])
    })
    const onReadable = (): void => {
      const bytes: unknown = socket.read()
      if (Buffer.isBuffer(bytes)) header?.read(bytes, bytes.length)
    }
    if (header !== undefined) socket.on('readable', onReadable)
  })
  return socket => clients.get(connectionOf(socket))
}

/** The same for a socket and the encrypted one over it; no two connections have the same at one time. */
function connectionOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`
}
