import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { BrokerError } from '../../src/core/errors.ts'
import { openTcpListener } from '../../src/transport/tcp-listener.ts'
import { loadUws } from '../../src/transport/uws.ts'
import { openUwsListener } from '../../src/transport/websocket-listener.ts'
import { openWsListener } from '../../src/transport/ws-listener.ts'
import type { ConnectClient } from '../support/byte-clients.ts'
import { connectTcp, connectWebSocket } from '../support/byte-clients.ts'
import { FakeRandom } from '../support/fake-clock.ts'
import type { OpenWith } from '../support/listener-harness.ts'
import { ListenerHarness } from '../support/listener-harness.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor, within } from '../support/wait-for.ts'

const SEED = 20260214
const MIB = 1024 * 1024

interface Transport {
  readonly name: string
  readonly open: OpenWith
  readonly connect: ConnectClient
  readonly listenerName: string
  /** How it treats a client that sends on during a pause. */
  readonly pause: 'holds the client back' | 'destroys it at the bound'
}

const cacheFolder = await makeTemporaryFolder()
after(() => cacheFolder.remove())
const uws = loadUws(cacheFolder.path)
if ('unavailable' in uws) throw new Error(`uWebSockets.js cannot be tested here: ${uws.unavailable}`)

const transports: readonly Transport[] = [
  {
    name: 'TCP through the shared read buffer',
    open: options => openTcpListener(options),
    connect: connectTcp,
    listenerName: 'tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'TCP through data events',
    open: options => openTcpListener(options, () => false),
    connect: connectTcp,
    listenerName: 'tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'WebSocket on uWebSockets.js',
    open: options => openUwsListener(uws, options),
    connect: connectWebSocket,
    listenerName: 'websocket-listener',
    pause: 'destroys it at the bound',
  },
  {
    name: 'WebSocket on ws',
    open: options => openWsListener(options),
    connect: connectWebSocket,
    listenerName: 'websocket-listener',
    pause: 'holds the client back',
  },
]

for (const transport of transports) describe(transport.name, () => testConnection(transport))

function testConnection({ open, connect, listenerName, pause }: Transport): void {
  let harness: ListenerHarness
  let port: number

  beforeEach(async () => {
    harness = new ListenerHarness(open, connect)
    port = (await harness.listen()).identity.port
  })

  afterEach(async () => {
    await harness.stop()
    for (const accepted of harness.accepted) {
      assert.equal(accepted.closes, 1, 'closed is called exactly once')
      assert.equal(accepted.callsTooLate, 0, 'nothing is called after closed')
    }
  })

  it('names the listener by its real port, or as it was told', async () => {
    const named = await harness.listen(0, 'door')
    const { accepted } = await harness.pair(port)
    assert.equal(accepted.connection.listener.name, `${listenerName}-${port}`)
    assert.ok(port > 0)
    assert.equal(named.identity.name, 'door')
  })

  it('gives the address of the client', async () => {
    const { accepted } = await harness.pair(port)
    assert.equal(accepted.connection.remoteAddress, '127.0.0.1')
  })

  it('echoes random chunks in order, holding the client back while it does not read', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.onReceived = bytes => {
      accepted.write(bytes)
      if (accepted.connection.pendingBytes > 0) accepted.connection.pause()
    }
    accepted.onDrained = () => accepted.connection.resume()
    const sent = randomChunks(SEED, 400, 8_000)
    for (const [i, chunk] of sent.entries()) {
      client.send(chunk)
      if (i % 20 === 0) await nextTurn()
      if (i === 100) client.pause()
      if (i === 300) client.resume()
    }
    const all = Buffer.concat(sent)
    await waitFor(`the echo (seed ${SEED})`, () => client.received.length >= all.length)
    assert.ok(client.received.equals(all), `the echo differs (seed ${SEED})`)
  })

  it('sends what is gathered in a tick with one write', async () => {
    const { client, accepted } = await harness.pair(port)
    for (let i = 0; i < 100; i++) accepted.write(Buffer.from(`packet ${i};`))
    await waitFor('the last packet', () => client.received.toString().endsWith('packet 99;'))
    assert.equal(client.arrivals, 1)
    assert.equal(accepted.drains, 0, 'nothing had to wait')
  })

  it('takes 5 MB in', async () => {
    const { client, accepted } = await harness.pair(port)
    const sent = randomBytes(SEED, 5 * MIB)
    client.send(sent)
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('sends 5 MB of one tick', async () => {
    const { client, accepted } = await harness.pair(port)
    const large = randomBytes(SEED, 3 * MIB)
    const small = randomBytes(SEED + 1, 2 * MIB)
    accepted.write(large)
    for (let start = 0; start < small.length; start += 1024) accepted.write(small.subarray(start, start + 1024))
    await waitFor('all bytes', () => client.received.length >= 5 * MIB)
    assert.ok(client.received.equals(Buffer.concat([large, small])))
    await waitFor('nothing to be pending', () => accepted.connection.pendingBytes === 0)
  })

  it('keeps pendingBytes above 0 for a slow reader, and calls drained once when it has read', async () => {
    const { client, accepted } = await harness.pair(port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('bytes to wait', () => accepted.connection.pendingBytes > 0)
    await fence(harness, port)
    assert.equal(accepted.drains, 0)
    client.resume()
    await waitFor('the drain', () => accepted.drains > 0)
    assert.equal(accepted.connection.pendingBytes, 0)
    await waitFor('all bytes', () => client.received.length === 16 * MIB)
    assert.equal(accepted.drains, 1)
  })

  it('calls drained also for bytes that were sent while it was receiving', async () => {
    const { client, accepted } = await harness.pair(port)
    const part = randomBytes(SEED, 10_000)
    client.pause()
    while (accepted.connection.pendingBytes === 0) {
      const answered = new Promise<void>(resolve => {
        accepted.onReceived = () => {
          accepted.write(part)
          accepted.connection.out.flush()
          resolve()
        }
      })
      client.send(Buffer.from('.'))
      await within('the request', answered)
      await nextTurn()
    }
    client.resume()
    await waitFor('the drain', () => accepted.drains > 0)
    assert.equal(accepted.connection.pendingBytes, 0)
  })

  it('destroys a connection that lets more wait than anyone should', async () => {
    const { client, accepted } = await harness.pair(port)
    client.pause()
    const part = randomBytes(SEED, 16 * MIB)
    for (let i = 0; i < 8; i++) {
      accepted.write(part)
      await nextTurn()
    }
    await waitFor('the connection to be destroyed', () => accepted.closes > 0)
  })

  it('delivers nothing during a pause and everything, in order, after it', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.connection.pause()
    const sent = randomChunks(SEED, 50, 5_000)
    for (const chunk of sent) client.send(chunk)
    await fence(harness, port)
    assert.equal(accepted.receivedBytes, 0)
    accepted.connection.resume()
    const more = randomChunks(SEED + 1, 50, 5_000)
    for (const chunk of more) client.send(chunk)
    const all = Buffer.concat([...sent, ...more])
    await waitFor('all bytes', () => accepted.receivedBytes >= all.length)
    assert.ok(accepted.bytes.equals(all))
  })

  it('can be paused again by the handler that is being called', async () => {
    const { client, accepted } = await harness.pair(port)
    const sent = randomBytes(SEED, 500_000)
    accepted.onReceived = () => {
      accepted.connection.pause()
      setImmediate(() => accepted.connection.resume())
    }
    client.send(sent)
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })

  it(`during a pause ${pause} that sends on`, async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.connection.pause()
    const sent = randomBytes(SEED, 24 * MIB)
    client.send(sent)
    if (pause === 'destroys it at the bound') {
      await waitFor('the connection to be destroyed', () => accepted.closes > 0)
      assert.equal(accepted.receivedBytes, 0)
      return
    }
    await fence(harness, port)
    assert.ok(client.unsentBytes > 0, 'the client still has something to send')
    accepted.connection.resume()
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('end delivers everything gathered, then closes', async () => {
    const { client, accepted } = await harness.pair(port)
    const sent = randomBytes(SEED, 3 * MIB)
    accepted.write(sent)
    accepted.connection.end()
    accepted.write(Buffer.from('too late'))
    await waitFor('the client to see the end', () => client.closed)
    assert.ok(client.received.equals(sent))
    await waitFor('the handler to be told', () => accepted.closes > 0)
  })

  it('end delivers its last bytes to a client that is still sending, and passes on nothing of that', async () => {
    const { client, accepted } = await harness.pair(port)
    let seenAtEnd = 0
    accepted.onReceived = () => {
      if (accepted.receivedBytes < 100_000 || seenAtEnd > 0) return
      seenAtEnd = accepted.receivedBytes
      accepted.write(Buffer.from('goodbye'))
      accepted.connection.end()
    }
    client.send(randomBytes(SEED, MIB))
    await waitFor('the client to see the end', () => client.closed)
    assert.equal(client.received.toString(), 'goodbye')
    assert.equal(accepted.receivedBytes, seenAtEnd)
  })

  it('end works during a pause', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.connection.pause()
    client.send(Buffer.from('unread'))
    accepted.write(Buffer.from('goodbye'))
    accepted.connection.end()
    await waitFor('the client to see the end', () => client.closed)
    assert.equal(client.received.toString(), 'goodbye')
    assert.equal(accepted.receivedBytes, 0)
    await waitFor('the handler to be told', () => accepted.closes > 0)
  })

  it('end gives up after the linger time on a client that does not read', async () => {
    const { client, accepted } = await harness.pair(port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    accepted.connection.end()
    await fence(harness, port)
    harness.clock.advance(4_999)
    await fence(harness, port)
    assert.equal(accepted.closes, 0)
    harness.clock.advance(1)
    await waitFor('the connection to be dropped', () => accepted.closes > 0)
    assert.equal(harness.clock.pendingTimers, 0)
  })

  it('destroy closes at once, and says so after the call', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.write(Buffer.from('never sent'))
    accepted.connection.destroy()
    assert.equal(accepted.closes, 0)
    await waitFor('the handler to be told', () => accepted.closes > 0)
    await waitFor('the client to see it', () => client.closed)
    assert.equal(client.received.length, 0)
  })

  it('can be destroyed or ended while it is being accepted', async () => {
    harness.onAccepted = ({ connection }) => (harness.accepted.length === 1 ? connection.destroy() : connection.end())
    const destroyed = await harness.connect(port).catch(() => undefined)
    const ended = await harness.connect(port).catch(() => undefined)
    await waitFor(
      'both to be gone',
      () => harness.accepted.length === 2 && harness.accepted.every(({ closes }) => closes > 0),
    )
    await waitFor('both clients to see it', () => (destroyed?.closed ?? true) && (ended?.closed ?? true))
  })

  it('can be destroyed from each call of its handler', async () => {
    const receiving = await harness.pair(port)
    receiving.accepted.onReceived = () => receiving.accepted.connection.destroy()
    receiving.client.send(Buffer.from('x'))
    const draining = await harness.pair(port)
    draining.accepted.onDrained = () => draining.accepted.connection.destroy()
    draining.accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('both to be gone', () => receiving.accepted.closes + draining.accepted.closes === 2)
  })

  it('passes on what a client sent before it closed', async () => {
    const { client, accepted } = await harness.pair(port)
    const sent = randomBytes(SEED, 200_000)
    client.send(sent)
    client.end()
    await waitFor('the close', () => accepted.closes > 0)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('passes on what a client sent before it closed, also when that was during a pause', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.connection.pause()
    const sent = randomBytes(SEED, 200_000)
    client.send(sent)
    client.end()
    await fence(harness, port)
    assert.equal(accepted.closes, 0)
    accepted.connection.resume()
    await waitFor('the close', () => accepted.closes > 0)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('can be ended and destroyed when the client closed during a pause', async () => {
    const { client, accepted } = await harness.pair(port)
    accepted.connection.pause()
    client.send(Buffer.from('held'))
    client.end()
    await fence(harness, port)
    accepted.connection.end()
    accepted.connection.destroy()
    await waitFor('the close', () => accepted.closes > 0)
    assert.equal(accepted.receivedBytes, 0)
  })

  it('is closed by a reset of the client, with bytes on their way', async () => {
    const { client, accepted } = await harness.pair(port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('bytes to wait', () => accepted.connection.pendingBytes > 0)
    client.reset()
    await waitFor('the close', () => accepted.closes > 0)
    accepted.write(Buffer.from('nobody'))
    accepted.connection.pause()
    accepted.connection.resume()
    accepted.connection.end()
    accepted.connection.destroy()
  })

  it('opens and closes 200 connections at once', async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => harness.connect(port)))
    await waitFor('all to be accepted', () => harness.accepted.length === 200)
    for (const accepted of harness.accepted) accepted.onReceived = bytes => accepted.write(bytes)
    for (const [i, client] of clients.entries()) client.send(Buffer.from(`client ${i}`))
    await waitFor('all echoes', () => clients.every((client, i) => client.received.toString() === `client ${i}`))
    for (const [i, client] of clients.entries()) {
      if (i % 3 === 0) client.end()
      else if (i % 3 === 1) client.reset()
    }
    for (const { connection, bytes } of harness.accepted) {
      if (Number(bytes.toString().slice(7)) % 3 === 2) connection.end()
    }
    await waitFor('all to be closed', () => harness.accepted.every(({ closes }) => closes === 1))
    assert.equal(harness.slabs.outstanding, 0)
    assert.equal(harness.clock.pendingTimers, 0)
  })

  it('shares its port with the listeners of other workers', async () => {
    await harness.listen(port)
    const { client, accepted } = await harness.pair(port)
    accepted.write(Buffer.from('hello'))
    await waitFor('the answer', () => client.received.length === 5)
  })

  it('says why it cannot listen', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(address !== null && typeof address === 'object')
    await assert.rejects(harness.listen(address.port), error => {
      assert.ok(error instanceof BrokerError)
      assert.equal(error.code, 'LISTENER')
      assert.match(String(error.cause), /EADDRINUSE/)
      return true
    })
    other.close()
  })

  it('accepts nobody after it was closed, and leaves open connections open', async () => {
    const listener = await harness.listen()
    const { client, accepted } = await harness.pair(listener.identity.port)
    accepted.onReceived = bytes => accepted.write(bytes)
    await listener.close()
    await listener.close()
    await assert.rejects(harness.connect(listener.identity.port))
    client.send(Buffer.from('still here'))
    await waitFor('the echo', () => client.received.toString() === 'still here')
  })
}

/** Two round trips of another connection: what was on its way before has been read by now. */
async function fence(harness: ListenerHarness, port: number): Promise<void> {
  const { client, accepted } = await harness.pair(port)
  accepted.onReceived = bytes => accepted.write(bytes)
  for (let length = 1; length <= 2; length++) {
    client.send(Buffer.from('.'))
    await waitFor('the fence', () => client.received.length === length)
  }
}

function randomBytes(seed: number, length: number): Buffer {
  const random = new FakeRandom(seed)
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = random.fraction() * 256
  return bytes
}

function randomChunks(seed: number, count: number, lengthMax: number): readonly Buffer[] {
  const random = new FakeRandom(seed)
  return Array.from({ length: count }, (_, i) => randomBytes(seed + i, 1 + Math.floor(random.fraction() * lengthMax)))
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => void setImmediate(resolve))
}
