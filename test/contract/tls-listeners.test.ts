import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcpSocket } from 'node:net'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { openSecureUwsListener } from '../../src/transport/secure-websocket-listener.ts'
import { openSecureWsListener } from '../../src/transport/secure-ws-listener.ts'
import { openTlsListener } from '../../src/transport/tls-listener.ts'
import type { TlsListener, TlsListenerOptions, TlsPolicy, TlsSetup } from '../../src/transport/tls-setup.ts'
import { loadUws } from '../../src/transport/uws.ts'
import type { ByteClient } from '../support/byte-clients.ts'
import { connectSecureWebSocket, connectTls } from '../support/byte-clients.ts'
import { ListenerHarness } from '../support/listener-harness.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority, thumbprintOf } from '../support/test-certificates.ts'
import { testTlsSetup, writeAuthority, writeCertificate, writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'

const HANDSHAKE_DEADLINE_MS = 20_000

const folder = await makeTemporaryFolder()
after(() => folder.remove())
const uws = loadUws(folder.path)
if ('unavailable' in uws) throw new Error(`uWebSockets.js cannot be tested here: ${uws.unavailable}`)

/** One implementation of an encrypted listener. */
interface Encrypted {
  readonly name: string
  readonly open: (options: TlsListenerOptions) => Promise<TlsListener>
  readonly connect: (port: number, options: ConnectionOptions) => Promise<ByteClient>
  /** Chooses certificates by name, refuses versions as configured, counts failures and shares its sessions. */
  readonly onNode: boolean
}

const listeners: readonly Encrypted[] = [
  { name: 'TLS', open: openTlsListener, connect: connectTls, onNode: true },
  { name: 'WebSocket over TLS on ws', open: openSecureWsListener, connect: connectSecureWebSocket, onNode: true },
  {
    name: 'WebSocket over TLS on uWebSockets.js',
    open: options => openSecureUwsListener(uws, options),
    connect: connectSecureWebSocket,
    onNode: false,
  },
]

const root = TestAuthority.root()
const files = await writeTlsFiles(folder.path, root.intermediate('issuing authority'))
const standard = await testTlsSetup(files)
const clientRoot = TestAuthority.root('client authority')
const clientCaFile = await writeAuthority(folder.path, 'client-ca', clientRoot)
const device = clientRoot.issue({ commonName: 'device-1' })
const stranger = TestAuthority.root('nobody').issue({ commonName: 'device-1' })
const trust = { ca: root.certificate }

for (const encrypted of listeners) describe(encrypted.name, () => testEncrypted(encrypted))

describe('a client that does not speak', () => {
  it('is dropped by each listener when the time for the handshake is over', async () => {
    const opened = await Promise.all(
      listeners.map(async ({ open, connect: dial }) => {
        const harness = new ListenerHarness(
          options => open({ ...options, tls: standard }),
          port => dial(port, trust),
        )
        const { identity } = await harness.listen()
        return { harness, socket: connectTcpSocket({ port: identity.port, host: '127.0.0.1' }).resume() }
      }),
    )
    await waitFor('all to be closed', () => opened.every(({ socket }) => socket.closed), HANDSHAKE_DEADLINE_MS)
    for (const { harness } of opened) await harness.stop()
  })
})

function testEncrypted(encrypted: Encrypted): void {
  let harness: ListenerHarness
  let tlsListener: TlsListener | undefined

  beforeEach(() => {
    harness = new ListenerHarness(
      () => assert.fail('listen is told the setup'),
      () => assert.fail('dial is told the options'),
    )
  })

  afterEach(() => harness.stop())

  async function listen(tls: TlsSetup = standard, port = 0): Promise<number> {
    harness = new ListenerHarness(
      async options => (tlsListener = await encrypted.open({ ...options, tls })),
      wanted => encrypted.connect(wanted, trust),
    )
    return (await harness.listen(port)).identity.port
  }

  async function dial(port: number, options: ConnectionOptions = {}): Promise<ByteClient> {
    return await encrypted.connect(port, { ...trust, ...options })
  }

  async function setupFor(policy: Partial<TlsPolicy>): Promise<TlsSetup> {
    return await testTlsSetup({ ...files, clientCaFile }, policy)
  }

  it('sends the chain, so that a client that knows only the root finds the way', async () => {
    const port = await listen()
    assert.equal((await handshake(port, trust)).authorized, true)
  })

  it('speaks TLS 1.2 and 1.3 and nothing older', async () => {
    const port = await listen()
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await handshake(port, { ...trust, minVersion: version, maxVersion: version })
      assert.equal(socket.getProtocol(), version)
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
    await assert.rejects(handshake(port, { ...trust, ...old }), /alert protocol version/)
  })

  it('offers TLS 1.2 only with forward secrecy and authenticated encryption', async () => {
    const port = await listen()
    const weak = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' } as const
    await assert.rejects(handshake(port, { ...trust, ...weak }), /handshake failure/)
  })

  it('does not ask for certificates of clients by itself', async () => {
    const port = await listen()
    await dial(port, { cert: device.certificate, key: device.key })
    const accepted = await waitFor('the connection', () => harness.accepted[0])
    assert.equal(accepted.connection.clientCertificate, undefined)
  })

  it('optional: takes clients without a certificate, and knows that of the others', async () => {
    const port = await listen(await setupFor({ clientCertificates: 'optional' }))
    await dial(port)
    await waitFor('the first', () => harness.accepted.length === 1)
    await dial(port, { cert: device.certificate, key: device.key })
    await waitFor('the second', () => harness.accepted.length === 2)
    const [without, shown] = harness.accepted.map(({ connection }) => connection.clientCertificate)
    assert.equal(without, undefined)
    assert.ok(shown?.der.equals(device.der) === true)
    assert.equal(shown.thumbprint, thumbprintOf(device))
  })

  for (const clientCertificates of ['optional', 'required'] as const) {
    it(`${clientCertificates}: refuses a certificate of an authority that it does not know`, async () => {
      const port = await listen(await setupFor({ clientCertificates }))
      await refused(dial(port, { cert: stranger.certificate, key: stranger.key }))
      assert.equal(harness.accepted.length, 0)
    })
  }

  it('refuses a certificate that has ended, also where a session that is older lets it through', async () => {
    const port = await listen(await setupFor({ clientCertificates: 'optional' }))
    harness.clock.advance(Date.parse(new X509Certificate(device.der).validTo) - harness.clock.nowMs() + 1)
    await refused(dial(port, { cert: device.certificate, key: device.key }))
    assert.equal(harness.accepted.length, 0)
    assert.equal(harness.counters.tlsHandshakesFailed, 1)
  })

  it('required: refuses a client without a certificate, counts it, and takes one that has one', async () => {
    const port = await listen(await setupFor({ clientCertificates: 'required' }))
    await refused(dial(port))
    await waitFor('it to be counted', () => harness.counters.tlsHandshakesFailed === 1)
    assert.equal(harness.accepted.length, 0)
    await dial(port, { cert: device.certificate, key: device.key })
    await waitFor('the connection', () => harness.accepted.length === 1)
    assert.equal(harness.accepted[0]?.connection.clientCertificate?.thumbprint, thumbprintOf(device))
  })

  it('a new certificate is for new clients, and those that are connected go on', async () => {
    const replaced = await makeTemporaryFolder()
    const port = await listen()
    const { client, accepted } = await harness.pair(port)
    accepted.onReceived = bytes => accepted.write(bytes)
    const newRoot = TestAuthority.root('new authority')

    tlsListener?.use(await testTlsSetup(await writeTlsFiles(replaced.path, newRoot)))

    await assert.rejects(handshake(port, trust), /unable to|self-signed/)
    const later = await encrypted.connect(port, { ca: newRoot.certificate })
    await waitFor('the new client', () => harness.accepted.length === 2)
    client.send(Buffer.from('still here'))
    await waitFor('the echo', () => client.received.toString() === 'still here')
    harness.clock.advance(60_000) // whatever served the old certificate is given up now, but not its connections
    client.send(Buffer.from(' and here'))
    await waitFor('the echo', () => client.received.toString() === 'still here and here')
    later.end()
    await replaced.remove()
  })

  it('loses nobody of those who connect while the certificate is replaced over and over', async () => {
    const folders = await Promise.all([makeTemporaryFolder(), makeTemporaryFolder()])
    const setups = await Promise.all(folders.map(async ({ path }) => testTlsSetup(await writeTlsFiles(path, root))))
    const port = await listen()
    const connecting: Promise<ByteClient>[] = []
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 5; i++) connecting.push(dial(port))
      const setup = setups[round % 2]
      if (setup !== undefined) tlsListener?.use(setup)
      await new Promise(resolve => void setImmediate(resolve))
    }
    const clients = await Promise.all(connecting)
    await waitFor('all of them', () => harness.accepted.length === clients.length)
    for (const client of clients) client.end()
    for (const written of folders) await written.remove()
  })

  it('a setup that cannot be used changes nothing', async () => {
    const port = await listen()
    const broken = { ...standard.certificates.standard, certificate: 'no', certificateFile: 'no', key: 'no' }
    const certificates = { ...standard.certificates, standard: broken }
    assert.throws(() => tlsListener?.use({ ...standard, certificates }))
    await dial(port)
    await waitFor('the connection', () => harness.accepted.length === 1)
  })

  if (encrypted.onNode) testOnNode()

  function testOnNode(): void {
    it('refuses TLS 1.2 where 1.3 is demanded, and counts it', async () => {
      const port = await listen(await setupFor({ minVersion: '1.3' }))
      await assert.rejects(handshake(port, { ...trust, maxVersion: 'TLSv1.2' }), /alert protocol version/)
      await waitFor('it to be counted', () => harness.counters.tlsHandshakesFailed === 1)
      assert.deepEqual(
        harness.log.lines.map(({ level, fields }) => [level, fields?.['code']]),
        [['debug', 'ERR_SSL_UNSUPPORTED_PROTOCOL']],
      )
    })

    it('shows the certificate of the name that is asked for, and else that of the file', async () => {
      const sni = await makeTemporaryFolder()
      await writeCertificate(sni.path, 'one', root.issue({ commonName: 'one', dnsNames: ['one.test', 'uno.test'] }))
      await writeCertificate(sni.path, 'all', root.issue({ commonName: 'all', dnsNames: ['*.wild.test'] }))
      const port = await listen(await testTlsSetup({ ...files, sniDir: sni.path }))
      for (const [asked, shown] of [
        ['one.test', 'one'],
        ['UNO.test', 'one'],
        ['x.wild.test', 'all'],
        ['a.b.wild.test', 'broker'],
        ['other.test', 'broker'],
      ] as const) {
        const socket = await handshake(port, { ...trust, servername: asked, checkServerIdentity: () => undefined })
        assert.equal(socket.getPeerCertificate().subject.CN, shown, asked)
      }
      await sni.remove()
    })

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`${version}: a session is resumed at the listener of another worker, whatever name it asks for`, async () => {
        const port = await listen()
        const options = { ...trust, minVersion: version, maxVersion: version, servername: 'localhost' } as const
        const session = await sessionOf(port, options)
        await harness.stop()
        const other = await listen(await testTlsSetup(files))
        assert.equal((await handshake(other, { ...options, session })).isSessionReused(), true)
      })
    }

    it('a session begins anew once the ticket keys are others', async () => {
      const port = await listen()
      const session = await sessionOf(port, trust)
      tlsListener?.use({ ...standard, ticketKeys: 'a5'.repeat(48) })
      assert.equal((await handshake(port, { ...trust, session })).isSessionReused(), false)
    })

    it('a certificate of a client counts in its resumed sessions, as long as its authority does', async () => {
      const setup = await setupFor({ clientCertificates: 'required' })
      const port = await listen(setup)
      const shown = { ...trust, cert: device.certificate, key: device.key }
      const session = await sessionOf(port, shown)
      const known = harness.accepted.length
      const resumed = await handshake(port, { ...shown, session })
      assert.equal(resumed.isSessionReused(), true)
      if (known > 0) {
        const again = await waitFor('the connection', () => harness.accepted[known])
        assert.equal(again.connection.clientCertificate?.thumbprint, thumbprintOf(device))
      }
      const successor = await writeAuthority(folder.path, 'successor', TestAuthority.root('successor'))
      tlsListener?.use(await testTlsSetup({ ...files, clientCaFile: successor }, { clientCertificates: 'required' }))
      const late = await handshake(port, { ...shown, session }).catch(() => undefined)
      assert.notEqual(late?.isSessionReused(), true)
      if (late !== undefined) await waitFor('the refusal', () => late.closed)
    })
  }
}

const sockets: TLSSocket[] = []
after(() => {
  for (const socket of sockets) socket.destroy()
})

/** Only the handshake; what follows is of no interest. */
async function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...options }).resume()
  sockets.push(socket)
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

async function sessionOf(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', ...options }).resume()
  sockets.push(socket)
  const [session]: unknown[] = await once(socket, 'session')
  socket.destroy()
  assert.ok(Buffer.isBuffer(session))
  return session
}

/** A client is refused in its handshake, or, in TLS 1.3, right after what it takes for the end of it. */
async function refused(client: Promise<ByteClient>): Promise<void> {
  const connected = await client.catch(() => undefined)
  if (connected !== undefined) await waitFor('the refusal', () => connected.closed)
}
