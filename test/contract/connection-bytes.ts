import assert from 'node:assert/strict'
import { it } from 'node:test'
import { waitFor, within } from '../support/wait-for.ts'
import type { UnderTest } from './connection-under-test.ts'
import { fence, letIn, MIB, nextTurn, randomBytes, randomChunks, SEED } from './connection-under-test.ts'

/** Bytes in both directions, and holding back either side. */
export function testConnectionBytes(under: UnderTest): void {
  it('echoes random chunks in order, holding the client back while it does not read', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
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
    const { client, accepted } = await under.harness.pair(under.port)
    for (let i = 0; i < 100; i++) accepted.write(Buffer.from(`packet ${i};`))
    await waitFor('the last packet', () => client.received.toString().endsWith('packet 99;'))
    assert.equal(client.arrivals, 1)
    assert.equal(accepted.drains, 0, 'nothing had to wait')
  })

  it('counts what arrives and what is handed to the operating system', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    accepted.onReceived = bytes => accepted.write(bytes)
    const sent = randomBytes(SEED, 100_000)
    client.send(sent)
    await waitFor('the echo', () => client.received.length === sent.length)
    const { bytesReceived, bytesSent } = under.harness.counters
    assert.deepEqual([bytesReceived, bytesSent], [sent.length, sent.length])
  })

  it('takes 5 MB in', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    const sent = randomBytes(SEED, 5 * MIB)
    client.send(sent)
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })

  it('sends 5 MB of one tick', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    const large = randomBytes(SEED, 3 * MIB)
    const small = randomBytes(SEED + 1, 2 * MIB)
    accepted.write(large)
    for (let start = 0; start < small.length; start += 1024) accepted.write(small.subarray(start, start + 1024))
    await waitFor('all bytes', () => client.received.length >= 5 * MIB)
    assert.ok(client.received.equals(Buffer.concat([large, small])))
    await waitFor('nothing to be pending', () => accepted.connection.pendingBytes === 0)
  })

  it('keeps pendingBytes above 0 for a slow reader, and calls drained once when it has read', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    client.pause()
    accepted.write(randomBytes(SEED, 16 * MIB))
    await waitFor('bytes to wait', () => accepted.connection.pendingBytes > 0)
    await fence(under)
    assert.equal(accepted.drains, 0)
    assert.equal(under.harness.counters.bytesPending, accepted.connection.pendingBytes)
    client.resume()
    await waitFor('the drain', () => accepted.drains > 0)
    assert.equal(accepted.connection.pendingBytes, 0)
    assert.equal(under.harness.counters.bytesPending, 0)
    await waitFor('all bytes', () => client.received.length === 16 * MIB)
    assert.equal(accepted.drains, 1)
  })

  it('calls drained also for bytes that were sent while it was receiving', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
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
    const { client, accepted } = await under.harness.pair(under.port)
    client.pause()
    const part = randomBytes(SEED, 16 * MIB)
    for (let i = 0; i < 8; i++) {
      accepted.write(part)
      await nextTurn()
    }
    await waitFor('the connection to be destroyed', () => accepted.closes > 0)
  })

  it('delivers nothing during a pause and everything, in order, after it', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    letIn(accepted.connection)
    accepted.connection.pause()
    const sent = randomChunks(SEED, 50, 5_000)
    for (const chunk of sent) client.send(chunk)
    await fence(under)
    assert.equal(accepted.receivedBytes, 0)
    accepted.connection.resume()
    const more = randomChunks(SEED + 1, 50, 5_000)
    for (const chunk of more) client.send(chunk)
    const all = Buffer.concat([...sent, ...more])
    await waitFor('all bytes', () => accepted.receivedBytes >= all.length)
    assert.ok(accepted.bytes.equals(all))
  })

  it('can be paused again by the handler that is being called', async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    const sent = randomBytes(SEED, 500_000)
    accepted.onReceived = () => {
      accepted.connection.pause()
      setImmediate(() => accepted.connection.resume())
    }
    client.send(sent)
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })

  it(`during a pause ${under.transport.pause} that sends on`, async () => {
    const { client, accepted } = await under.harness.pair(under.port)
    accepted.connection.pause()
    const sent = randomBytes(SEED, 24 * MIB)
    client.send(sent)
    if (under.transport.pause === 'destroys it at the bound') {
      await waitFor('the connection to be destroyed', () => accepted.closes > 0)
      assert.equal(accepted.receivedBytes, 0)
      return
    }
    await fence(under)
    assert.ok(client.unsentBytes > 0, 'the client still has something to send')
    accepted.connection.resume()
    await waitFor('all bytes', () => accepted.receivedBytes >= sent.length)
    assert.ok(accepted.bytes.equals(sent))
  })
}
