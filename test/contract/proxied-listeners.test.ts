import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import { PROXY_HEADER_MS_MAX } from '../../src/transport/limits.ts'
import type { ListenerOptions } from '../../src/transport/listener-options.ts'
import { openSecureWsListener } from '../../src/transport/secure-ws-listener.ts'
import { openTcpListener } from '../../src/transport/tcp-listener.ts'
import { openTlsListener } from '../../src/transport/tls-listener.ts'
import { openWsListener } from '../../src/transport/ws-listener.ts'
import type { ByteClient } from '../support/byte-clients.ts'
import { connectSecureWebSocket, connectTcp, connectTls, connectWebSocket } from '../support/byte-clients.ts'
import type { Accepted, OpenWith } from '../support/listener-harness.ts'
import { ListenerHarness } from '../support/listener-harness.ts'
import { HAPROXY_HEADERS, proxyAddresses, proxyBinary, proxyLine } from '../support/proxy-headers.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { testTlsSetup, writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'

const folder = await makeTemporaryFolder()
after(() => folder.remove())
const authority = TestAuthority.root()
const trust = { ca: authority.certificate }
const tls = await testTlsSetup(await writeTlsFiles(folder.path, authority))

/** A way in which a proxy passes clients on. */
interface ProxiedTransport {
  readonly name: string
  readonly open: OpenWith
  readonly connect: (port: number, preface: readonly Buffer[]) => Promise<ByteClient>
}

const transports: readonly ProxiedTransport[] = [
  { name: 'TCP through the shared read buffer', open: options => openTcpListener(options), connect: connectTcp },
  { name: 'TCP through data events', open: options => openTcpListener(options, () => false), connect: connectTcp },
  {
    name: 'TLS',
    open: options => openTlsListener({ ...options, tls }),
    connect: (port, preface) => connectTls(port, trust, preface),
  },
  { name: 'WebSocket', open: options => openWsListener(options), connect: connectWebSocket },
  {
    name: 'WebSocket over TLS',
    open: options => openSecureWsListener({ ...options, tls }),
    connect: (port, preface) => connectSecureWebSocket(port, trust, preface),
  },
]

const IPV4 = proxyLine({ address: '203.0.113.9', port: 50_000 })
const IPV6 = proxyBinary(0x21, 0x21, proxyAddresses(Buffer.from('20010db8000000000000000000000009', 'hex'), 50_001))

for (const { name, open, connect: connectClient } of transports) {
  describe(`${name} behind a proxy`, () => {
    const trusting = { trustedProxies: ['127.0.0.1'] }
    let harness: ListenerHarness
    let preface: readonly Buffer[]

    beforeEach(() => {
      harness = new ListenerHarness(
        options => open({ ...options, ...trusting }),
        port => connectClient(port, preface),
      )
    })

    afterEach(() => harness.stop())

    async function pairWith(...pieces: readonly Buffer[]): Promise<{ client: ByteClient; accepted: Accepted }> {
      preface = pieces
      return await harness.pair((await harness.listen()).identity.port)
    }

    it('gives the client of the header, IPv4 by version 1', async () => {
      const { accepted } = await pairWith(IPV4)
      const { remoteAddress, remotePort } = accepted.connection
      assert.deepEqual([remoteAddress, remotePort], ['203.0.113.9', 50_000])
    })

    it('gives the client of the header, IPv6 by version 2', async () => {
      const { accepted } = await pairWith(IPV6)
      const { remoteAddress, remotePort } = accepted.connection
      assert.deepEqual([remoteAddress, remotePort], ['2001:db8::9', 50_001])
    })

    it('gives the proxy where the header names no client', async () => {
      const { accepted } = await pairWith(Buffer.from('PROXY UNKNOWN\r\n'))
      assert.equal(accepted.connection.remoteAddress, '127.0.0.1')
      assert.notEqual(accepted.connection.remotePort, 0)
    })

    for (const { name: what, bytes, client: named } of HAPROXY_HEADERS) {
      it(`lets a client in behind ${what}`, async () => {
        const { client, accepted } = await pairWith(bytes)
        if (named !== undefined) assert.equal(accepted.connection.remoteAddress, named.address)
        client.send(Buffer.from('hello'))
        await waitFor('the bytes behind the header', () => accepted.bytes.toString() === 'hello')
      })
    }

    it('takes a header that is written byte by byte, and no byte of it for the client', async () => {
      const { client, accepted } = await pairWith(...Array.from(IPV6, byte => Buffer.from([byte])))
      client.send(Buffer.from('hello'))
      await waitFor('the bytes behind the header', () => accepted.receivedBytes >= 5)
      assert.equal(accepted.bytes.toString(), 'hello')
      assert.equal(accepted.connection.remoteAddress, '2001:db8::9')
      assert.equal(harness.counters.proxyHeadersMalformed, 0)
    })

    it('closes a connection that begins with something else, and counts it', async () => {
      const { port } = (await harness.listen()).identity
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write('GET / HTTP/1.1\r\n\r\n')
      await once(socket.resume(), 'close')
      assert.equal(harness.counters.proxyHeadersMalformed, 1)
      assert.equal(harness.accepted.length, 0)
      const logged = harness.log.lines.find(({ level }) => level === 'warn')
      assert.equal(logged?.fields?.['reason'], 'malformed')
    })

    it('closes a connection whose header is not whole in time, and counts it', async () => {
      const { port } = (await harness.listen()).identity
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write('PROXY TCP4')
      await waitFor('the connection to be accepted', () => harness.clock.pendingTimers === 1)
      harness.clock.advance(PROXY_HEADER_MS_MAX - 1)
      assert.equal(harness.counters.proxyHeadersLate, 0)
      harness.clock.advance(1)
      await once(socket.resume(), 'close')
      assert.equal(harness.counters.proxyHeadersLate, 1)
      assert.equal(harness.accepted.length, 0)
    })

    it('has no deadline left for a client that is through, nor for a proxy that left', async () => {
      const { client } = await pairWith(IPV4)
      const { port } = (await harness.listen()).identity
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write('PROXY')
      await waitFor('the connection to be accepted', () => harness.clock.pendingTimers === 1)
      socket.end()
      await once(socket.resume(), 'close')
      await waitFor('the deadline to be gone', () => harness.clock.pendingTimers === 0)
      const { proxyHeadersLate, proxyHeadersMalformed } = harness.counters
      assert.deepEqual([proxyHeadersLate, proxyHeadersMalformed], [0, 0])
      assert.equal(client.closed, false)
    })
  })

  describe(`${name} behind a proxy that is not trusted`, () => {
    it('closes the connection at once, whatever it says, and counts it', async () => {
      const behindAnother = (options: ListenerOptions): ListenerOptions => ({
        ...options,
        trustedProxies: ['10.0.0.0/8'],
      })
      const harness = new ListenerHarness(
        options => open(behindAnother(options)),
        port => connectClient(port, []),
      )
      const { port } = (await harness.listen()).identity
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write(IPV4)
      await once(socket.resume(), 'close')
      assert.equal(harness.counters.proxyHeadersUntrusted, 1)
      assert.equal(harness.accepted.length, 0)
      assert.equal(harness.log.lines.find(({ level }) => level === 'warn')?.fields?.['peer'], '127.0.0.1')
      await harness.stop()
    })
  })
}
