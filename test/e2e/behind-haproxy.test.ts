import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import { startHaproxy } from '../support/haproxy.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { proxyLine } from '../support/proxy-headers.ts'
import { encodeConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'

/** The client in what a second proxy, before HAProxy, says. */
const CLIENT = '203.0.113.77'

describe('guardbee behind HAProxy', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  const authority = TestAuthority.root()
  let guardbee: GuardbeeProcess
  let token: string
  /** Ports of HAProxy by the name of their way. */
  const ports = new Map<string, number>()

  before(async () => {
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove()).path
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const { certificateFile, keyFile } = await writeTlsFiles(folder, authority)
    const settings = {
      ...jwtSettings(server),
      GUARDBEE_LOG_LEVEL: 'debug',
      GUARDBEE_TLS_PORT: '0',
      GUARDBEE_WSS_PORT: '0',
      GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
      GUARDBEE_TLS_KEY_FILE: keyFile,
      GUARDBEE_MQTT_PROXY_PROTOCOL: 'on',
      GUARDBEE_WS_PROXY_PROTOCOL: 'on',
      GUARDBEE_TLS_PROXY_PROTOCOL: 'on',
      GUARDBEE_WSS_PROXY_PROTOCOL: 'on',
      GUARDBEE_TRUSTED_PROXIES: '127.0.0.1',
    }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    token = await server.requestToken()
    const pem = path.join(folder, 'balancer.pem')
    await writeFile(pem, (await readFile(certificateFile, 'utf8')) + (await readFile(keyFile, 'utf8')))
    const extensions = 'send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,authority,crc32c,unique-id'
    const ways = [
      { name: 'mqtt v1', to: 'mqtt', serverOptions: 'send-proxy' },
      { name: 'mqtt v2', to: 'mqtt', serverOptions: 'send-proxy-v2 check inter 100ms check-send-proxy' },
      { name: 'mqtts v1', to: 'mqtts', serverOptions: 'send-proxy' },
      { name: 'mqtts v2', to: 'mqtts', serverOptions: 'send-proxy-v2' },
      { name: 'ws v1', to: 'ws', serverOptions: 'send-proxy' },
      { name: 'ws v2', to: 'ws', serverOptions: 'send-proxy-v2' },
      { name: 'wss v1', to: 'wss', serverOptions: 'send-proxy' },
      { name: 'wss v2', to: 'wss', serverOptions: 'send-proxy-v2' },
      { name: 'mqtts ended by HAProxy', to: 'mqtt', serverOptions: extensions, bindOptions: `ssl crt ${pem}` },
      { name: 'mqtt without a header', to: 'mqtt', serverOptions: '' },
      { name: 'mqtt behind two proxies', to: 'mqtt', serverOptions: 'send-proxy-v2', bindOptions: 'accept-proxy' },
    ]
    const routes = []
    for (const { name, to, ...options } of ways) {
      const port = await freePort()
      ports.set(name, port)
      routes.push({ port, toPorts: [Number(guardbee.listenerUrl(to).port)], ...options })
    }
    teardown.add(await startHaproxy(routes), opened => opened.destroy())
  })

  after(() => teardown.run())

  function portOf(way: string): number {
    const port = ports.get(way)
    assert.ok(port !== undefined, way)
    return port
  }

  async function metric(line: string): Promise<number> {
    const admin = guardbee.eventsNamed('guardbee started')[0]?.fields['admin']
    const text = await (await fetch(`${String(admin)}/metrics`)).text()
    const found = text.split('\n').find(candidate => candidate.startsWith(line))
    return Number(found?.slice(line.length))
  }

  for (const way of ['mqtt v1', 'mqtt v2', 'mqtts v1', 'mqtts v2', 'ws v1', 'ws v2', 'wss v1', 'wss v2']) {
    it(`a client gets through (${way})`, async () => {
      const scheme = way.split(' ')[0]
      const suffix = scheme === 'ws' || scheme === 'wss' ? '/mqtt' : ''
      const clientId = way.replace(' ', '-')
      const options = { ca: authority.certificate }
      const client = await connectClient(`${scheme}://127.0.0.1:${portOf(way)}${suffix}`, { clientId, token, options })
      await client.client.subscribeAsync('through/#', { qos: 1 })
      await client.client.publishAsync(`through/${clientId}`, 'yes', { qos: 1 })
      await client.waitForMessage('its message', ({ topicName }) => topicName === `through/${clientId}`)
      await client.client.endAsync()
    })
  }

  it('a client gets through whose TLS ends at HAProxy, which says so in extensions', async () => {
    const url = `mqtts://127.0.0.1:${portOf('mqtts ended by HAProxy')}`
    const options = { ca: authority.certificate }
    const client = await connectClient(url, { clientId: 'ended', token, options })
    await client.client.endAsync()
  })

  it('the address of the client, not that of the proxy, stands in the log and in the access log', async () => {
    const socket = connect(portOf('mqtt behind two proxies'), '127.0.0.1').on('error', () => {})
    socket.write(proxyLine({ address: CLIENT, port: 4321 }))
    socket.write(encodeConnect({ clientId: 'far-away', username: 'any', password: token }))
    const { fields } = await guardbee.waitForEvent('client connected', event => event['clientId'] === 'far-away')
    assert.equal(fields['peer'], CLIENT)
    await waitFor('the line of the access log', async () => (await accessLog()).includes(`ID far-away, IP ${CLIENT}`))
    socket.destroy()
  })

  it('a connection without a header is closed and counted', async () => {
    const refused = 'guardbee_proxy_headers_refused_total{reason="malformed"} '
    const countedBefore = await metric(refused)
    const socket = connect(portOf('mqtt without a header'), '127.0.0.1').on('error', () => {})
    socket.write(Buffer.from('101000044d5154540402003c000474657374', 'hex'))
    await once(socket.resume(), 'close')
    assert.equal(await metric(refused), countedBefore + 1)
    const { fields } = await guardbee.waitForEvent('connections closed for want of a PROXY header that counts')
    assert.equal(fields['reason'], 'malformed')
  })

  it('health checks by PROXY header are taken for no client', async () => {
    await waitFor('some health checks', async () => (await metric('guardbee_connections_accepted_total ')) > 20)
    assert.equal(await metric('guardbee_connects_refused_total '), 0)
  })

  async function accessLog(): Promise<string> {
    return await readFile(path.join(guardbee.logFolder, 'access/access.log'), 'utf8')
  }
})
