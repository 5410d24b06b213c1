import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer, type AuthorizationServer } from '../support/authorization-server.ts'
import { securityFile, USERS_AND_ROLES } from '../support/ese/security-file.ts'
import { startGuardbee, type GuardbeeProcess } from '../support/guardbee-process.ts'
import { connectClient, type TestClient } from '../support/mqtt-clients.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const NOT_AUTHORIZED = 0x87
const PASSWORD = 'in the clear'
/** Said by each of the two workers. */
const TAKEN = 'clients held against the new configuration'
const NOT_TAKEN = 'the new security configuration cannot be used, the last good one stays'
const PIPELINE =
  '<chain-authentication-manager><strategy>check-next-on-unknown-authentication-key</strategy><chain>' +
  '<jwt-authentication-manager><realm>Tokens</realm></jwt-authentication-manager>' +
  '<file-authentication-manager><realm>People</realm></file-authentication-manager></chain></chain-authentication-manager>' +
  '<allow-all-authorization-manager/>'

describe('a JWT realm and an access log that are changed while clients are connected', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let folder: TemporaryFolder
  let guardbee: GuardbeeProcess
  let a: AuthorizationServer
  let b: AuthorizationServer
  let user: TestClient

  before(async () => {
    folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
    a = teardown.add(await startAuthorizationServer(), opened => opened.close())
    b = teardown.add(await startAuthorizationServer(), opened => opened.close())
    await write('realm.xml', USERS_AND_ROLES)
    await write('config.xml', fileOf(a.keysUri))
    const settings = {
      GUARDBEE_SECURITY_FILE: path.join(folder.path, 'config.xml'),
      GUARDBEE_LOG_LEVEL: 'debug',
    }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    const url = guardbee.listenerUrl('mqtt').href
    user = await connectClient(url, { clientId: 'user', token: PASSWORD, options: { username: 'plain' } })
  })

  after(() => teardown.run())

  function fileOf(keysUri: string, accessLog = ''): string {
    return securityFile(PIPELINE)
      .replace('https://id.example/keys', keysUri)
      .replace('conf/realm.xml', 'realm.xml')
      .replace('<pipelines>', `${accessLog}<pipelines>`)
  }

  function write(name: string, text: string): Promise<void> {
    return writeFile(path.join(folder.path, name), text)
  }

  function connect(clientId: string, token: string): Promise<TestClient> {
    return connectClient(guardbee.listenerUrl('mqtt').href, { clientId, token })
  }

  function linesIn(subFolder: string): Promise<string> {
    return readFile(path.join(guardbee.logFolder, subFolder, 'access.log'), 'utf8')
  }

  /** Writes the file, has it read again and waits until that has led to so many events. */
  async function reload(text: string, event = TAKEN, times = 2): Promise<void> {
    const earlier = guardbee.eventsNamed(event).length
    await write('config.xml', text)
    guardbee.program.kill('SIGHUP')
    await waitFor(event, () => guardbee.eventsNamed(event).length === earlier + times)
  }

  it('holds clients against the keys of another address, and lets in whom those let in', async () => {
    const token = await a.mint()
    const tokenOfB = await b.mint()
    const client = await connect('a1', token)
    await assert.rejects(connect('b0', tokenOfB), { code: NOT_AUTHORIZED })
    await reload(fileOf(b.keysUri))
    await waitFor('the end of the client whose key is gone', () => client.isClosed())
    assert.equal(client.disconnectReason(), NOT_AUTHORIZED)
    for (let turn = 0; turn < 4; turn++) await assert.rejects(connect('a1', token), { code: NOT_AUTHORIZED })
    const clientOfB = await connect('b1', tokenOfB)
    await user.client.publishAsync('t', 'x', { qos: 1 })
    await clientOfB.client.endAsync()
  })

  it('stays as it is where the keys cannot be had, and takes them as soon as they can', async () => {
    const client = await connect('b2', await b.mint())
    a.faults.keysStatus = 503
    await reload(fileOf(a.keysUri), NOT_TAKEN, 1)
    const [event] = guardbee.eventsNamed(NOT_TAKEN)
    assert.match(JSON.stringify(event?.fields), /realm Tokens has no keys: .*503/)
    await client.client.publishAsync('t', 'x', { qos: 1 })
    const earlier = guardbee.eventsNamed(TAKEN).length
    a.faults.keysStatus = 0
    await waitFor('the keys to be taken', () => guardbee.eventsNamed(TAKEN).length === earlier + 2, 40_000)
    await waitFor('the end of the client whose key is gone', () => client.isClosed())
    await (await connect('a2', await a.mint())).client.endAsync()
    assert.equal(guardbee.eventsNamed(NOT_TAKEN).length, 1)
  })

  it('writes the access log elsewhere from then on', async () => {
    await reload(fileOf(a.keysUri, '<access-log><enabled>true</enabled><sub-folder>moved</sub-folder></access-log>'))
    const earlier = await linesIn('access')
    await (await connect('a3', await a.mint())).client.endAsync()
    await waitFor('the line', async () => /ID a3,/.test(await linesIn('moved')))
    assert.equal(await linesIn('access'), earlier)
    assert.match(earlier, /ID a2,/)
    assert.equal(user.isClosed(), false)
  })
})
