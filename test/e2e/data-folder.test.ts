import assert from 'node:assert/strict'
import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { runGuardbee, startGuardbee } from '../support/guardbee-process.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const OPEN_DOOR = `<?xml version="1.0" encoding="UTF-8" ?>
<enterprise-security-extension version="1">
  <pipelines>
    <listener-pipeline name="open" listener="ALL">
      <allow-all-authentication-manager/>
      <allow-all-authorization-manager/>
    </listener-pipeline>
  </pipelines>
</enterprise-security-extension>`

const persistent: IClientOptions = {
  protocolVersion: 5,
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
  reconnectPeriod: 0,
}

describe('the data folder', () => {
  let folder: TemporaryFolder
  let settings: Record<`GUARDBEE_${string}`, string>

  before(async () => {
    folder = await makeTemporaryFolder()
    const securityFile = path.join(folder.path, 'open.xml')
    await writeFile(securityFile, OPEN_DOOR)
    settings = { GUARDBEE_SECURITY_FILE: securityFile, GUARDBEE_DATA_DIR: path.join(folder.path, 'data') }
  })

  after(() => folder.remove())

  async function connect(port: number, clientId: string, options: IClientOptions): Promise<MqttClient> {
    return await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, clientId })
  }

  it('brings sessions, queued and retained messages over SIGTERM to the next start', async () => {
    const first = await startGuardbee(settings)
    try {
      const away = await connect(first.mqttPort, 'away', persistent)
      await away.subscribeAsync('kept/#', { qos: 1 })
      await away.endAsync()
      const publisher = await connect(first.mqttPort, 'publisher', { protocolVersion: 5, reconnectPeriod: 0 })
      await publisher.publishAsync('kept/queued', 'queued', { qos: 1 })
      await publisher.publishAsync('status', 'retained', { qos: 1, retain: true })
      await publisher.endAsync()
      const { status } = await first.stop()
      assert.equal(status, 0)
    } finally {
      await first.destroy()
    }
    const second = await startGuardbee(settings)
    try {
      const received: string[] = []
      const client = mqtt.connect(`mqtt://127.0.0.1:${second.mqttPort}`, { ...persistent, clientId: 'away' })
      client.on('message', (topic, payload) => received.push(`${topic} ${payload.toString()}`))
      await waitFor('the queued message', () => received.includes('kept/queued queued'))
      await client.subscribeAsync('status')
      await waitFor('the retained message', () => received.includes('status retained'))
      await client.endAsync()
    } finally {
      await second.destroy()
    }
    const { status, stdout } = await runGuardbee(['store', 'check', settings['GUARDBEE_DATA_DIR'] ?? ''])
    assert.equal(status, 0)
    assert.match(stdout, /retained messages +1/)
  })

  it('is refused while another guardbee uses it', async () => {
    const running = await startGuardbee(settings)
    try {
      await assert.rejects(startGuardbee(settings), /did not start:[\s\S]*in use by another guardbee/)
    } finally {
      await running.destroy()
    }
  })

  it('is refused where it cannot be written', async () => {
    const file = path.join(folder.path, 'file')
    await writeFile(file, '')
    const unusable = startGuardbee({ ...settings, GUARDBEE_DATA_DIR: path.join(file, 'data') })
    await assert.rejects(unusable, /did not start:[\s\S]*the data folder .*file\/data cannot be written/)
  })

  it('is refused when it is damaged, and the file is named', async () => {
    const dataDir = path.join(folder.path, 'damaged')
    const running = await startGuardbee({ ...settings, GUARDBEE_DATA_DIR: dataDir })
    await running.destroy()
    await writeFile(path.join(dataDir, 'segment-000000000001.journal'), 'not a journal at all, and long enough for one')
    const refused = startGuardbee({ ...settings, GUARDBEE_DATA_DIR: dataDir })
    await assert.rejects(refused, /did not start:[\s\S]*damaged\/segment-000000000001\.journal is damaged/)
  })

  it('is not made by guardbee dev', async () => {
    const running = await startGuardbee({ GUARDBEE_DEV_ISSUER_PORT: '0', GUARDBEE_LOG_LEVEL: 'info' }, 'dev')
    try {
      assert(!(await readdir(running.folder.path)).includes('data'))
    } finally {
      await running.destroy()
    }
  })
})
