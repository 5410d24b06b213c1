import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer, type AuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee, type GuardbeeProcess } from '../support/guardbee-process.ts'
import { connectClient, type TestClient } from '../support/mqtt-clients.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const NOT_AUTHORIZED = 0x87
/** Said by each of the two workers. */
const TAKEN = 'clients held against the new configuration'
const NOT_TAKEN = 'the new security configuration cannot be used, the last good one stays'

describe('issuers that are added and removed while clients are connected', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let folder: TemporaryFolder
  let file: string
  let guardbee: GuardbeeProcess
  let a: AuthorizationServer
  let b: AuthorizationServer
  let clientOfB: TestClient

  before(async () => {
    folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
    file = path.join(folder.path, 'issuers.json')
    a = teardown.add(await startAuthorizationServer(), opened => opened.close())
    b = teardown.add(await startAuthorizationServer(), opened => opened.close())
    await writeFile(file, issuers(a))
    const settings = {
      GUARDBEE_JWT_ISSUERS_FILE: file,
      GUARDBEE_JWT_AUDIENCE: a.audience,
      GUARDBEE_LOG_LEVEL: 'debug',
    }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
  })

  after(() => teardown.run())

  function issuers(...servers: readonly AuthorizationServer[]): string {
    return JSON.stringify(servers.map(({ issuer }) => ({ issuer })))
  }

  async function connect(clientId: string, server: AuthorizationServer): Promise<TestClient> {
    const token = await server.mint({ claims: { sub: clientId } })
    return await connectClient(guardbee.listenerUrl('mqtt').href, { clientId, token })
  }

  /** Writes the file, has it read again and waits until that has led to so many events. */
  async function reload(text: string, event = TAKEN, times = 2): Promise<void> {
    const earlier = guardbee.eventsNamed(event).length
    await writeFile(file, text)
    guardbee.program.kill('SIGHUP')
    await waitFor(event, () => guardbee.eventsNamed(event).length === earlier + times)
  }

  it('lets the tokens of an added issuer in, and keeps the clients of the first', async () => {
    const clientOfA = await connect('a1', a)
    await assert.rejects(connect('b0', b), { code: NOT_AUTHORIZED })
    const { keys } = a.requests
    await reload(issuers(a, b))
    clientOfB = await connect('b1', b)
    await clientOfA.client.publishAsync('t', 'x', { qos: 1 })
    assert.equal(a.requests.keys, keys, 'the keys of an issuer that has not changed are kept')
  })

  it('leaves everything as it is when the file is broken, or an issuer in it gives no answer', async () => {
    await reload('[{', NOT_TAKEN, 1)
    await reload('[{"issuer": "http://127.0.0.1:9/nobody"}]', NOT_TAKEN, 1)
    await (await connect('a2', a)).client.endAsync()
    await clientOfB.client.publishAsync('t', 'x', { qos: 1 })
  })

  it('ends the clients of a removed issuer, and no others', async () => {
    const clients = await Promise.all(['a3', 'a4', 'a5'].map(clientId => connect(clientId, a)))
    const token = await a.mint({ claims: { sub: 'known' } })
    const known = await connectClient(guardbee.listenerUrl('mqtt').href, { clientId: 'known', token })
    await known.client.endAsync()
    await reload(issuers(b))
    await waitFor('the end of the clients of the first issuer', () => clients.every(client => client.isClosed()))
    assert.deepEqual(
      clients.map(client => client.disconnectReason()),
      [NOT_AUTHORIZED, NOT_AUTHORIZED, NOT_AUTHORIZED],
    )
    for (let turn = 0; turn < 4; turn++) {
      const again = connectClient(guardbee.listenerUrl('mqtt').href, { clientId: 'known', token })
      await assert.rejects(again, { code: NOT_AUTHORIZED })
    }
    await clientOfB.client.publishAsync('t', 'x', { qos: 1 })
    await (await connect('b2', b)).client.endAsync()
    assert.equal(guardbee.startedWorkers.length, 2)
    const { metadata, keys } = a.requests
    b.rotate(await b.prepareKeys())
    await (await connect('b3', b)).client.endAsync()
    assert.deepEqual([a.requests.metadata, a.requests.keys], [metadata, keys])
  })
})
