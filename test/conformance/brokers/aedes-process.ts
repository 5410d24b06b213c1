/** Runs Aedes on two free ports of the loopback, TCP and WebSocket, and prints them. */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { createWebSocketStream, WebSocketServer } from 'ws'

const aedes = await Aedes.createBroker()
const tcp = createServer(socket => aedes.handle(socket)).listen(0, '127.0.0.1')
const webSocket = new WebSocketServer({ port: 0, host: '127.0.0.1' })
webSocket.on('connection', (socket, request) => {
  const stream = createWebSocketStream(socket)
  stream.on('error', () => {}) // Aedes hears of it as well
  aedes.handle(stream, request)
})
await Promise.all([once(tcp, 'listening'), once(webSocket, 'listening')])
process.stdout.write(`${portOf(tcp.address())} ${portOf(webSocket.address())}\n`)

function portOf(address: string | { readonly port: number } | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}
