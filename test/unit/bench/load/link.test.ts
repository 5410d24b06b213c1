import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { WebSocketServer } from 'ws'
import type { Address } from '../../../../bench/load/link.ts'
import { Link } from '../../../../bench/load/link.ts'

const PACKETS = [0, 1, 125, 126, 65_535, 65_536, 300_000].map((length, index) => Buffer.alloc(length, index + 1))

function portOf(server: Pick<Server, 'address'> | WebSocketServer): number {
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}

/** Sends packets one by one and collects what comes back, until all of it has. */
async function echoOf(address: Address, packets: readonly Buffer[]): Promise<Buffer> {
  const expected = packets.reduce((sum, packet) => sum + packet.length, 0)
  const parts: Buffer[] = []
  let arrived = 0
  const done = Promise.withResolvers<Buffer>()
  const link = new Link(address, {
    opened: () => {
      for (const packet of packets) link.write(link.framed(packet))
    },
    received: (bytes, start, end) => {
      parts.push(Buffer.from(bytes.slice(start, end)))
      arrived += end - start
      if (arrived === expected) done.resolve(Buffer.concat(parts))
    },
    drained: () => {},
    closed: why => done.reject(new Error(why)),
  })
  const echo = await done.promise
  link.end(Buffer.alloc(0))
  return echo
}

describe('Link', () => {
  it('carries bytes over TCP', async () => {
    const server = createServer(socket => socket.pipe(socket)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const echo = await echoOf({ host: '127.0.0.1', port: portOf(server), transport: 'tcp' }, PACKETS)
    server.close()
    assert.ok(echo.equals(Buffer.concat(PACKETS)))
  })

  it('carries bytes over WebSocket, as the ws package understands it, with the subprotocol of MQTT', async () => {
    const protocols: string[] = []
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/mqtt' })
    server.on('connection', socket => {
      protocols.push(socket.protocol)
      socket.on('message', message => socket.send(message, { binary: true }))
    })
    await once(server, 'listening')
    const echo = await echoOf({ host: '127.0.0.1', port: portOf(server), transport: 'ws' }, PACKETS)
    server.close()
    assert.deepEqual(protocols, ['mqtt'])
    assert.ok(echo.equals(Buffer.concat(PACKETS)))
  })

  it('says why there is no WebSocket', async () => {
    const server = createServer(socket => socket.end('HTTP/1.1 404 Not Found\r\n\r\n')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = { host: '127.0.0.1', port: portOf(server), transport: 'ws' } as const
    await assert.rejects(echoOf(address, PACKETS), /no WebSocket: HTTP\/1\.1 404 Not Found/)
    server.close()
  })

  it('says when nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = { host: '127.0.0.1', port: portOf(server), transport: 'tcp' } as const
    server.close()
    await once(server, 'close')
    await assert.rejects(echoOf(address, PACKETS), /ECONNREFUSED/)
  })
})
