import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { connect } from 'node:tls'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { runProgram, startProgram, systemProgram } from '../support/programs.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { writeAuthority, writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const RESUMPTIONS_MAX = 50

describe('encrypted listeners', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  const authority = TestAuthority.root()
  const ca = authority.certificate
  let guardbee: GuardbeeProcess
  let folder: string
  let caFile: string
  let token: string

  before(async () => {
    folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove()).path
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const { certificateFile, keyFile } = await writeTlsFiles(folder, authority)
    caFile = await writeAuthority(folder, 'ca', authority)
    const settings = {
      ...jwtSettings(server),
      GUARDBEE_LOG_LEVEL: 'debug',
      GUARDBEE_TLS_PORT: '0',
      GUARDBEE_WSS_PORT: '0',
      GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
      GUARDBEE_TLS_KEY_FILE: keyFile,
    }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    token = await server.requestToken()
  })

  after(() => teardown.run())

  async function connectWith(scheme: 'mqtts' | 'wss', clientId: string, trusted = ca): Promise<TestClient> {
    return await connectClient(guardbee.listenerUrl(scheme).href, { clientId, token, options: { ca: trusted } })
  }

  it('are named as HiveMQ names them', () => {
    const listeners = guardbee.eventsNamed('guardbee started')[0]?.fields['listeners']
    assert.match(String(listeners), /tls-tcp-listener-(\d+)=mqtts:\/\/127\.0\.0\.1:\1/)
    assert.match(String(listeners), /tls-websocket-listener-(\d+)=wss:\/\/127\.0\.0\.1:\1\/mqtt/)
  })

  it('mosquitto publishes over TLS with --cafile what mosquitto and MQTT.js over TLS and WebSocket over TLS get', async () => {
    const { port } = guardbee.listenerUrl('mqtts')
    const common = ['-h', '127.0.0.1', '-p', port, '--cafile', caFile, '-u', 'any', '-P', token, '-V', 'mqttv5', '-d']
    const lines = ['--output=L', systemProgram('mosquitto_sub')]
    const subscriber = startProgram(systemProgram('stdbuf'), [
      ...lines,
      ...common,
      '-i',
      'sub',
      '-t',
      'tls/#',
      '-q',
      '2',
    ])
    await subscriber.waitForOutput('Subscribed')
    const clients = [await connectWith('mqtts', 'over-tls'), await connectWith('wss', 'over-wss')]
    for (const { client } of clients) await client.subscribeAsync('tls/#', { qos: 2 })

    const message = ['-i', 'pub', '-t', 'tls/topic', '-m', 'in secret', '-q', '2']
    const { status, stderr } = await runProgram(systemProgram('mosquitto_pub'), [...common, ...message])

    assert.equal(status, 0, stderr)
    await subscriber.waitForOutput('in secret')
    for (const { waitForMessage, client } of clients) {
      const received = await waitForMessage('the message', ({ payload }) => payload === 'in secret')
      assert.equal(received.qos, 2)
      await client.endAsync()
    }
    await subscriber.destroy()
  })

  it('a client that does not trust the authority does not connect', async () => {
    await assert.rejects(connectWith('mqtts', 'stranger', TestAuthority.root('another').certificate))
  })

  it('a session is resumed at every worker', async () => {
    const port = Number(guardbee.listenerUrl('mqtts').port)
    const first = connect({ port, host: '127.0.0.1', ca }).resume()
    const [session]: unknown[] = await once(first, 'session')
    assert.ok(Buffer.isBuffer(session))
    first.destroy()
    const resuming = { ca, session }
    const workers = new Set<string>()
    for (let i = 0; workers.size < 2; i++) {
      assert.ok(i < RESUMPTIONS_MAX, 'connections reach one worker only')
      const clientId = `resumed-${i}`
      const url = guardbee.listenerUrl('mqtts').href
      const resumed = await connectClient(url, { clientId, token, options: resuming })
      assert.ok(isTlsSocket(resumed.client.stream))
      assert.equal(resumed.client.stream.isSessionReused(), true)
      workers.add(await guardbee.workerOf(clientId))
      await resumed.client.endAsync()
    }
  })

  it('new files are taken on SIGHUP by every worker while those who are connected go on, and bad ones are not', async () => {
    const urls = (['mqtts', 'wss'] as const).map(scheme => guardbee.listenerUrl(scheme))
    const connected = [await connectWith('mqtts', 'stays-1'), await connectWith('wss', 'stays-2')]
    const key = path.join(folder, 'broker.key')
    await writeFile(key, 'not a key')
    guardbee.program.kill('SIGHUP')
    await guardbee.waitForEvent('new TLS files cannot be used, the last good ones stay')
    await (await connectWith('mqtts', 'as-before')).client.endAsync()

    const successor = TestAuthority.root('successor')
    await writeTlsFiles(folder, successor)
    guardbee.program.kill('SIGHUP')
    await guardbee.waitForEvent('TLS files replaced')

    for (const url of urls) {
      await waitFor(`the new certificate at ${url.protocol}`, async () => {
        const shown = await Promise.all(Array.from({ length: 8 }, () => trusts(url, successor)))
        return shown.every(Boolean)
      })
    }
    await (await connectWith('wss', 'later', successor.certificate)).client.endAsync()
    for (const { client, waitForMessage } of connected) {
      await client.subscribeAsync('still/here', { qos: 1 })
      await client.publishAsync('still/here', 'yes', { qos: 1 })
      await waitForMessage('its message', ({ topicName }) => topicName === 'still/here')
      await client.endAsync()
    }
  })

  it('what was logged holds no key', async () => {
    assert.doesNotMatch(await guardbee.allOutput(), /PRIVATE KEY/)
  })
})

function isTlsSocket(stream: object): stream is TLSSocket {
  return 'isSessionReused' in stream
}

async function trusts(url: URL, authority: TestAuthority): Promise<boolean> {
  const socket = connect({ port: Number(url.port), host: url.hostname, ca: authority.certificate })
  try {
    await once(socket, 'secureConnect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
