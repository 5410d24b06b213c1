import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { BrokerError } from '../../src/core/errors.ts'
import { waitFor } from '../support/wait-for.ts'
import type { UnderTest } from './connection-under-test.ts'

/** What a listener says of itself and how it shares its port. */
export function testConnectionListener(under: UnderTest): void {
  it('names the listener by its real port, or as it was told', async () => {
    const named = await under.harness.listen(0, 'door')
    const { accepted } = await under.harness.pair(under.port)
    assert.equal(accepted.connection.listener.name, `${under.transport.listenerName}-${under.port}`)
    assert.ok(under.port > 0)
    assert.equal(named.identity.name, 'door')
  })

  it('gives the address of the client', async () => {
    const { accepted } = await under.harness.pair(under.port)
    assert.equal(accepted.connection.remoteAddress, '127.0.0.1')
  })

  it('shares its port with the listeners of other workers', async () => {
    await under.harness.listen(under.port)
    const { client, accepted } = await under.harness.pair(under.port)
    accepted.write(Buffer.from('hello'))
    await waitFor('the answer', () => client.received.length === 5)
  })

  it('says why it cannot listen', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    assert.ok(address !== null && typeof address === 'object')
    await assert.rejects(under.harness.listen(address.port), error => {
      assert.ok(error instanceof BrokerError)
      assert.equal(error.code, 'LISTENER')
      assert.match(String(error.cause), /EADDRINUSE/)
      return true
    })
    other.close()
  })

  it('accepts nobody after it was closed, and leaves open connections open', async () => {
    const listener = await under.harness.listen()
    const { client, accepted } = await under.harness.pair(listener.identity.port)
    accepted.onReceived = bytes => accepted.write(bytes)
    await listener.close()
    await listener.close()
    await assert.rejects(under.harness.connect(listener.identity.port))
    client.send(Buffer.from('still here'))
    await waitFor('the echo', () => client.received.toString() === 'still here')
  })
}
