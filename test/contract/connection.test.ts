import { after, describe } from 'node:test'
import type { ListenerOptions } from '../../src/transport/listener-options.ts'
import { openSecureUwsListener } from '../../src/transport/secure-websocket-listener.ts'
import { openSecureWsListener } from '../../src/transport/secure-ws-listener.ts'
import { openTcpListener } from '../../src/transport/tcp-listener.ts'
import { openTlsListener } from '../../src/transport/tls-listener.ts'
import type { TlsListenerOptions } from '../../src/transport/tls-setup.ts'
import { loadUws } from '../../src/transport/uws.ts'
import { openUwsListener } from '../../src/transport/websocket-listener.ts'
import { openWsListener } from '../../src/transport/ws-listener.ts'
import { connectSecureWebSocket, connectTcp, connectTls, connectWebSocket } from '../support/byte-clients.ts'
import { proxyLine } from '../support/proxy-headers.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { testTlsSetup, writeTlsFiles } from '../support/test-tls.ts'
import { testConnectionBytes } from './connection-bytes.ts'
import { testConnectionEnds } from './connection-ends.ts'
import { testConnectionListener } from './connection-listener.ts'
import type { Transport } from './connection-under-test.ts'
import { useListener } from './connection-under-test.ts'

const cacheFolder = await makeTemporaryFolder()
after(() => cacheFolder.remove())
const uws = loadUws(cacheFolder.path)
if ('unavailable' in uws) throw new Error(`uWebSockets.js cannot be tested here: ${uws.unavailable}`)

const authority = TestAuthority.root()
const trust = { ca: authority.certificate }
const header = proxyLine({ address: '127.0.0.1', port: 50_000 })
const tls = await testTlsSetup(await writeTlsFiles(cacheFolder.path, authority))

function overTls(options: ListenerOptions): TlsListenerOptions {
  return { ...options, tls }
}

function behindProxy(options: ListenerOptions): ListenerOptions {
  return { ...options, trustedProxies: ['127.0.0.0/8'] }
}

const transports: readonly Transport[] = [
  {
    name: 'TCP through the shared read buffer',
    open: options => openTcpListener(options),
    connect: port => connectTcp(port),
    listenerName: 'tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'TCP through data events',
    open: options => openTcpListener(options, () => false),
    connect: port => connectTcp(port),
    listenerName: 'tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'WebSocket on uWebSockets.js',
    open: options => openUwsListener(uws, options),
    connect: port => connectWebSocket(port),
    listenerName: 'websocket-listener',
    pause: 'destroys it at the bound',
  },
  {
    name: 'WebSocket on ws',
    open: options => openWsListener(options),
    connect: port => connectWebSocket(port),
    listenerName: 'websocket-listener',
    pause: 'holds the client back',
  },
  {
    name: 'TLS',
    open: options => openTlsListener(overTls(options)),
    connect: port => connectTls(port, trust),
    listenerName: 'tls-tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'WebSocket over TLS on uWebSockets.js',
    open: options => openSecureUwsListener(uws, overTls(options)),
    connect: port => connectSecureWebSocket(port, trust),
    listenerName: 'tls-websocket-listener',
    pause: 'destroys it at the bound',
  },
  {
    name: 'WebSocket over TLS on ws',
    open: options => openSecureWsListener(overTls(options)),
    connect: port => connectSecureWebSocket(port, trust),
    listenerName: 'tls-websocket-listener',
    pause: 'holds the client back',
  },
  {
    name: 'TCP behind a proxy',
    open: options => openTcpListener(behindProxy(options)),
    connect: port => connectTcp(port, [header]),
    listenerName: 'tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'TLS behind a proxy',
    open: options => openTlsListener(overTls(behindProxy(options))),
    connect: port => connectTls(port, trust, [header]),
    listenerName: 'tls-tcp-listener',
    pause: 'holds the client back',
  },
  {
    name: 'WebSocket behind a proxy',
    open: options => openWsListener(behindProxy(options)),
    connect: port => connectWebSocket(port, [header]),
    listenerName: 'websocket-listener',
    pause: 'holds the client back',
  },
]

for (const transport of transports) {
  describe(transport.name, () => {
    const under = useListener(transport)
    testConnectionListener(under)
    testConnectionBytes(under)
    testConnectionEnds(under)
  })
}
