import assert from 'node:assert/strict'
import { readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { refusedConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'

describe('the access log of a running broker', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const settings = { ...jwtSettings(server), GUARDBEE_ACCESS_LOG_FORMAT: 'json', GUARDBEE_ACCESS_LOG_ROTATION: 'off' }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
  })

  after(() => teardown.run())

  /** What a file says of a client. */
  async function said(file: string, clientId: string): Promise<readonly unknown[]> {
    const lines = (await readFile(file, 'utf8').catch(() => ''))
      .split('\n')
      .filter(line => line.includes(`"${clientId}"`))
    return lines.map(line => JSON.parse(line).event)
  }

  const lineOf = (file: string, clientId: string): Promise<unknown> =>
    waitFor(`a line of ${clientId}`, async () => (await said(file, clientId)).length > 0)

  it('is JSON, and goes on in a new file after SIGHUP when it was moved aside', async () => {
    const file = path.join(guardbee.logFolder, 'access/access.log')
    await refusedConnect(guardbee.mqttPort, { clientId: 'before' })
    await lineOf(file, 'before')
    assert.deepEqual(await said(file, 'before'), ['authentication-failed'])
    await rename(file, `${file}.1`)
    guardbee.program.kill('SIGHUP')
    for (let client = 0; client < 20; client += 1) {
      await refusedConnect(guardbee.mqttPort, { clientId: `after-${client}` })
    }
    await lineOf(file, 'after-19')
    const found = await Promise.all(
      Array.from({ length: 20 }, async (_, client) => [
        ...(await said(file, `after-${client}`)),
        ...(await said(`${file}.1`, `after-${client}`)),
      ]),
    )
    assert.deepEqual(
      found,
      Array.from({ length: 20 }, () => ['authentication-failed']),
      'each line is in one of the two',
    )
  })

  it('says of a client that is refused after the door that it was not authorized', async () => {
    const file = path.join(guardbee.logFolder, 'access/access.log')
    const owner = await connectClient(guardbee.listenerUrl('mqtt').href, {
      clientId: 'owned',
      token: await server.mint(),
      options: { clean: false, properties: { sessionExpiryInterval: 60 } },
    })
    const answer = await refusedConnect(guardbee.mqttPort, {
      clientId: 'owned',
      username: 'x',
      password: await server.mint({ claims: { sub: 'somebody else' } }),
    })
    const { fields } = await guardbee.waitForEvent('client refused', logged => logged['clientId'] === 'owned')
    assert.deepEqual([answer.code, fields['cause']], [0x87, 'session_of_another_subject'])
    assert.match(answer.reasonString ?? '', new RegExp(`\\(ref ${String(fields['reference'])}\\)$`))
    await waitFor('its line', async () => (await said(file, 'owned')).includes('authorization-failed'))
    await owner.client.endAsync()
  })
})
