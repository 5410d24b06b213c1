import assert from 'node:assert/strict'
import { Server } from 'node:net'
import { describe, it } from 'node:test'
import { Counters } from '../../../src/core/counters.ts'
import { EarlyWebSockets } from '../../../src/transport/early-web-sockets.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { listenOn } from '../../../src/transport/listen-on.ts'
import { TcpConnection } from '../../../src/transport/tcp-connection.ts'
import { connectTcp } from '../../support/byte-clients.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { Accepted, CountingSlabPool } from '../../support/listener-harness.ts'
import { waitFor } from '../../support/wait-for.ts'

describe('TcpConnection', () => {
  it('sends what was gathered for a client that ends in the same turn', async () => {
    const slabs = new CountingSlabPool()
    const server = new Server({ allowHalfOpen: true })
    const port = await listenOn(server, '127.0.0.1', 0)
    const identity = { name: 'test', transport: 'tcp', port } as const
    const endOfTick = new EndOfTick(task => void setImmediate(task))
    const counters = new Counters()
    const early = new EarlyWebSockets(counters)
    server.on('connection', socket => {
      // Before the connection listens for the end itself: the bytes are gathered when it does.
      socket.on('end', () => connection.out.append(Buffer.from('last words'), 0, 10))
      const parts = { identity, endOfTick, slabs, clock: new FakeClock(), counters, early }
      const connection = new TcpConnection(parts, socket, '127.0.0.1', 1)
      connection.introduce(introduced => new Accepted(introduced))
      socket.resume()
    })
    const client = await connectTcp(port)
    client.end()
    await waitFor('the close', () => client.closed)
    assert.equal(client.received.toString(), 'last words')
    await waitFor('the slab to come back', () => slabs.outstanding === 0)
    server.close()
  })
})
