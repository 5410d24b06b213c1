import assert from 'node:assert/strict'
import { it } from 'node:test'
import { waitFor } from '../support/wait-for.ts'
import type { UnderTest } from './connection-under-test.ts'
import { fence, letIn, MIB, randomBytes, SEED } from './connection-under-test.ts'

/** Every way a connection ends. */
export function testConnectionEnds(under: UnderTest): void {
  it('end delivers everything gathered, then closes', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    const sent = randomBytes(SEED, 3 * MIB)
    accepted.write(sent)
    accepted.connection.end()
    accepted.write(Buffer.from('too late'))
    await waitFor('the client to see the end', () => client.closed)
    assert.ok(client.received.equals(sent))
    await waitFor('the handler to be told', () => accepted.closes > 0)
  })

  it('end delivers its last bytes to a client that is still sending, and passes on nothing of that', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
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
    const { client, accepted } = await under.harness.pair(under.port)
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
    const { client, accepted } = await under.harness.pair(under.port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    accepted.connection.end()
    await fence(under)
    under.harness.clock.advance(4_999)
    await fence(under)
    assert.equal(accepted.closes, 0)
    under.harness.clock.advance(1)
    await waitFor('the connection to be dropped', () => accepted.closes > 0)
    assert.equal(under.harness.clock.pendingTimers, 0)
  })

  it('destroy closes at once, and says so after the call', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    accepted.write(Buffer.from('never sent'))
    accepted.connection.destroy()
    assert.equal(accepted.closes, 0)
    await waitFor('the handler to be told', () => accepted.closes > 0)
    await waitFor('the client to see it', () => client.closed)
    assert.equal(client.received.length, 0)
  })

  it('can be destroyed or ended while it is being accepted', async () => {
    under.harness.onAccepted = ({ connection }) =>
      under.harness.accepted.length === 1 ? connection.destroy() : connection.end()
    const destroyed = await under.harness.connect(under.port).catch(() => undefined)
    const ended = await under.harness.connect(under.port).catch(() => undefined)
    await waitFor(
      'both to be gone',
      () => under.harness.accepted.length === 2 && under.harness.accepted.every(({ closes }) => closes > 0),
    )
    await waitFor('both clients to see it', () => (destroyed?.closed ?? true) && (ended?.closed ?? true))
  })

  it('can be destroyed from each call of its handler', async () => {
    const receiving = await under.harness.pair(under.port)
    receiving.accepted.onReceived = () => receiving.accepted.connection.destroy()
    receiving.client.send(Buffer.from('x'))
    const draining = await under.harness.pair(under.port)
    draining.accepted.onDrained = () => draining.accepted.connection.destroy()
    draining.accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('both to be gone', () => receiving.accepted.closes + draining.accepted.closes === 2)
  })

  it('passes on what a client sent before it closed', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    const sent = randomBytes(SEED, 200_000)
    client.send(sent)
    client.end()
    await waitFor('the close', () => accepted.closes > 0)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('passes on what a client sent before it closed, also when that was during a pause', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    letIn(accepted.connection)
    accepted.connection.pause()
    const sent = randomBytes(SEED, 200_000)
    client.send(sent)
    client.end()
    await fence(under)
    assert.equal(accepted.closes, 0)
    accepted.connection.resume()
    await waitFor('the close', () => accepted.closes > 0)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('can be ended and destroyed when the client closed during a pause', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    accepted.connection.pause()
    client.send(Buffer.from('held'))
    client.end()
    await fence(under)
    accepted.connection.end()
    accepted.connection.destroy()
    await waitFor('the close', () => accepted.closes > 0)
    assert.equal(accepted.receivedBytes, 0)
  })

  it('is closed by a reset of the client, with bytes on their way', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('bytes to wait', () => accepted.connection.pendingBytes > 0)
    client.reset()
    await waitFor('the close', () => accepted.closes > 0)
    assert.equal(under.harness.counters.bytesPending, 0)
    accepted.write(Buffer.from('nobody'))
    accepted.connection.pause()
    accepted.connection.resume()
    accepted.connection.end()
    accepted.connection.destroy()
  })

  it('opens and closes 200 connections at once', async () => {
    const clients = await Promise.all(Array.from({ length: 200 }, () => under.harness.connect(under.port)))
    await waitFor('all to be accepted', () => under.harness.accepted.length === 200)
    for (const accepted of under.harness.accepted) accepted.onReceived = bytes => accepted.write(bytes)
    for (const [i, client] of clients.entries()) client.send(Buffer.from(`client ${i}`))
    await waitFor('all echoes', () => clients.every((client, i) => client.received.toString() === `client ${i}`))
    for (const [i, client] of clients.entries()) {
      if (i % 3 === 0) client.end()
      else if (i % 3 === 1) client.reset()
    }
    for (const { connection, bytes } of under.harness.accepted) {
      if (Number(bytes.toString().slice(7)) % 3 === 2) connection.end()
    }
    await waitFor('all to be closed', () => under.harness.accepted.every(({ closes }) => closes === 1))
    assert.equal(under.harness.slabs.outstanding, 0)
    assert.equal(under.harness.clock.pendingTimers, 0)
  })
}
