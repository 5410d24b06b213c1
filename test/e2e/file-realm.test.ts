import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { securityFile, USERS_AND_ROLES } from '../support/ese/security-file.ts'
import { startGuardbee, type GuardbeeProcess } from '../support/guardbee-process.ts'
import { connectClient, type TestClient } from '../support/mqtt-clients.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const NOT_AUTHORIZED = 0x87
const PASSWORD = 'mqtt-password-2'
/** Said by each of the two workers. */
const TAKEN = 'clients held against the new configuration'
const PIPELINE =
  '<authentication-preprocessors><http-headers-preprocessor><basic-auth-extraction/></http-headers-preprocessor>' +
  '</authentication-preprocessors>' +
  '<file-authentication-manager><realm>People</realm></file-authentication-manager>' +
  '<file-authorization-manager><realm>People</realm></file-authorization-manager>'
const SECURITY_FILE = securityFile(PIPELINE)
  .replace(/<jwt-realm>[^]*<\/jwt-realm>/, '')
  .replace('conf/realm.xml', 'realm.xml')
const WITHOUT_PREPROCESSORS = SECURITY_FILE.replace(
  /<authentication-preprocessors>.*<\/authentication-preprocessors>/,
  '',
)

describe('a realm file', { timeout: 120_000 }, () => {
  let folder: TemporaryFolder
  let guardbee: GuardbeeProcess

  before(async () => {
    folder = await makeTemporaryFolder()
    await write('realm.xml', USERS_AND_ROLES)
    await write('config.xml', SECURITY_FILE)
    guardbee = await startGuardbee({
      GUARDBEE_SECURITY_FILE: path.join(folder.path, 'config.xml'),
      GUARDBEE_LOG_LEVEL: 'debug',
    })
  })

  after(async () => {
    await guardbee.destroy()
    await folder.remove()
  })

  function write(name: string, text: string): Promise<void> {
    return writeFile(path.join(folder.path, name), text)
  }

  function connect(clientId: string, username: string, password: string): Promise<TestClient> {
    const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
    return connectClient(url, { clientId, token: password, options: { username } })
  }

  /** Has the files read again and waits until that has led to so many events. */
  async function reload(event: string, times: number): Promise<void> {
    const earlier = guardbee.eventsNamed(event).length
    guardbee.program.kill('SIGHUP')
    await waitFor(event, () => guardbee.eventsNamed(event).length === earlier + times)
  }

  it('lets its users in by their hashed passwords and no others', async () => {
    const { client } = await connect('a', 'hashed', PASSWORD)
    await client.endAsync()
    await assert.rejects(connect('b', 'hashed', 'wrong'), { code: NOT_AUTHORIZED })
    await assert.rejects(connect('c', 'nobody', PASSWORD), { code: NOT_AUTHORIZED })
    await assert.rejects(connect('d', 'known-by-name-only', ''), { code: NOT_AUTHORIZED })
    const log = await readFile(path.join(guardbee.logFolder, 'access', 'access.log'), 'utf8')
    assert.match(
      log,
      /authorization-succeeded - .*ID a, .*topicFilter='up\/#', qos=\[0, 1, 2\], activity=\[publish\], .*from='publisher'/,
    )
    assert.match(log, /authorization-succeeded - .*topicFilter='down\/hashed', qos=\[1\]/)
    const output = await guardbee.allOutput()
    for (const secret of [PASSWORD, 'aDGGvi/', 'in the clear']) assert.ok(!output.includes(secret), secret)
  })

  it('lets a WebSocket client in by the headers of its upgrade request', async () => {
    const headers = { Authorization: `Basic ${Buffer.from(`hashed:${PASSWORD}`).toString('base64')}` }
    const url = guardbee.listenerUrl('ws').href
    const options = { username: 'x', wsOptions: { headers } }
    const { client } = await connectClient(url, { clientId: 'ws', token: 'x', options })
    await client.endAsync()
    await assert.rejects(connectClient(url, { clientId: 'ws', token: 'x', options: { username: 'x' } }))
  })

  it('says why it denies a PUBLISH, a SUBSCRIBE and a will', async () => {
    const { client, isClosed, disconnectReason } = await connect('e', 'hashed', PASSWORD)
    await client.subscribeAsync('$share/g/down/hashed', { qos: 1 })
    await assert.rejects(client.subscribeAsync('down/hashed', { qos: 1 }), ({ packet }) => {
      const why = "Not authorized to subscribe to topic 'down/hashed' with QoS '1'. "
      assert.deepEqual([packet.granted, packet.properties.reasonString], [[NOT_AUTHORIZED], why])
      return true
    })
    await client.publishAsync('up/1', 'x', { qos: 1 })
    await assert.rejects(client.publishAsync('up/1', 'x', { qos: 1, retain: true }))
    await waitFor('the client to be disconnected', isClosed)
    assert.equal(disconnectReason(), NOT_AUTHORIZED)
    const will = { topic: 'elsewhere', payload: Buffer.from('x'), qos: 0 as const, retain: false }
    const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
    const options = { username: 'hashed', will }
    await assert.rejects(connectClient(url, { clientId: 'f', token: PASSWORD, options }), { code: NOT_AUTHORIZED })
  })

  it('is read again: what is valid holds for those that are in, what is not changes nothing', async () => {
    await write('config.xml', WITHOUT_PREPROCESSORS)
    await reload(TAKEN, 2)
    const staying = await connect('g', 'hashed', PASSWORD)
    const leaving = await connect('h', 'plain', 'in the clear')
    await staying.client.publishAsync('up/1', 'x', { qos: 1 })

    await write('realm.xml', '<oops')
    await reload('the new security configuration cannot be used, the last good one stays', 1)
    await staying.client.publishAsync('up/1', 'x', { qos: 1 })
    assert.equal(leaving.isClosed(), false)

    await write('realm.xml', USERS_AND_ROLES.replace('in the clear', 'another').replace('up/#', 'upwards/#'))
    await reload(TAKEN, 2)
    await waitFor('the user with another password to be disconnected', leaving.isClosed)
    assert.equal(leaving.disconnectReason(), NOT_AUTHORIZED)
    await staying.client.publishAsync('upwards/1', 'x', { qos: 1 })
    await assert.rejects(staying.client.publishAsync('up/1', 'x', { qos: 1 }))
    await assert.rejects(connect('i', 'plain', 'in the clear'), { code: NOT_AUTHORIZED })
    await (await connect('j', 'plain', 'another')).client.endAsync()
  })

  it('is warned of at each reload, once', async () => {
    const event = 'pipeline names a listener that is not open'
    assert.equal(guardbee.eventsNamed(event).length, 0)
    const elsewhere = WITHOUT_PREPROCESSORS.replace(
      /<listener-pipeline listener="ALL">.*<\/listener-pipeline>/,
      pipeline => pipeline + pipeline.replace('ALL', 'tcp-listener-1'),
    )
    await write('config.xml', elsewhere)
    await reload('security configuration replaced', 1)
    assert.equal(guardbee.eventsNamed(event).length, 1)
    await write('config.xml', elsewhere.replace('tcp-listener-1', 'tcp-listener-2'))
    await reload(event, 1)
  })
})
