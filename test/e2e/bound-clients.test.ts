import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority, thumbprintOf, type TestCertificate } from '../support/test-certificates.ts'
import { writeAuthority, writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout'
const NOT_AUTHORIZED = { code: 0x87 }

describe('a client is held to its token', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  const authority = TestAuthority.root()
  const devices = TestAuthority.root('authority of the devices')
  const own = devices.issue({ commonName: 'device 1' })
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess

  before(async () => {
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove()).path
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const { certificateFile, keyFile } = await writeTlsFiles(folder, authority)
    const settings = {
      ...jwtSettings(server),
      GUARDBEE_TLS_PORT: '0',
      GUARDBEE_WSS_PORT: '0',
      GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
      GUARDBEE_TLS_KEY_FILE: keyFile,
      GUARDBEE_TLS_CLIENT_CERTIFICATES: 'optional',
      GUARDBEE_TLS_CLIENT_CA_FILE: await writeAuthority(folder, 'devices', devices),
      GUARDBEE_BIND_CLIENT_ID: 'device',
    }
    guardbee = teardown.add(await startGuardbee(settings), opened => opened.destroy())
  })

  after(() => teardown.run())

  /** Connects as the device that the token is for, unless told otherwise. */
  async function connect(
    scheme: 'mqtt' | 'mqtts' | 'wss',
    token: string,
    shown?: TestCertificate,
    clientId = 'device-1',
  ): Promise<TestClient> {
    const options = {
      ca: authority.certificate,
      ...(shown === undefined ? {} : { cert: shown.certificate, key: shown.key }),
    }
    return await connectClient(guardbee.listenerUrl(scheme).href, { clientId, token, options })
  }

  async function mint(claims: object = {}): Promise<string> {
    return await server.mint({ claims: { device: 'device-1', ...claims } })
  }

  for (const scheme of ['mqtts', 'wss'] as const) {
    it(`by its certificate over ${scheme} (RFC 8705), and by no other`, async () => {
      const bound = await mint({ cnf: { 'x5t#S256': thumbprintOf(own) } })
      await (await connect(scheme, bound, own)).client.endAsync()
      await assert.rejects(connect(scheme, bound, devices.issue({ commonName: 'device 1' })), NOT_AUTHORIZED)
      await assert.rejects(connect(scheme, bound), NOT_AUTHORIZED)
      await (await connect(scheme, await mint())).client.endAsync()
    })
  }

  it('by what cannot be checked at this listener it is refused', async () => {
    await assert.rejects(connect('mqtt', await mint({ cnf: { 'x5t#S256': thumbprintOf(own) } })), NOT_AUTHORIZED)
    await assert.rejects(connect('mqtts', await mint({ cnf: { jkt: 'a key' } }), own), NOT_AUTHORIZED)
    await guardbee.waitForEvent('client refused', ({ cause }) => cause === 'not_bearer')
  })

  it('by its Client Identifier', async () => {
    await assert.rejects(connect('mqtt', await mint(), undefined, 'device-2'), NOT_AUTHORIZED)
    await assert.rejects(connect('mqtt', await server.mint()), NOT_AUTHORIZED)
  })

  it('by its subject: no other takes its session over', async () => {
    const owner = await connect('mqtt', await mint({ sub: 'the owner' }))
    await assert.rejects(connect('mqtt', await mint({ sub: 'somebody else' })), NOT_AUTHORIZED)
    await guardbee.waitForEvent('client refused', ({ cause }) => cause === 'session_of_another_subject')
    await owner.client.publishAsync('still/here', 'yes', { qos: 1 })
    const again = await connect('mqtt', await mint({ sub: 'the owner' }))
    await waitFor('the first connection to be taken over', owner.isClosed)
    await again.client.endAsync()
  })

  it('by its login: the logout token of the issuer ends it (OpenID Connect Back-Channel Logout)', async () => {
    const token = await mint({ sub: 'user', sid: 'session' })
    const leaving = await connect('mqtt', token)
    const logoutToken = await server.mint({
      header: { typ: 'logout+jwt' },
      claims: { sub: 'user', jti: randomUUID(), events: { [LOGOUT]: {} } },
    })
    const body = new URLSearchParams({ logout_token: logoutToken })
    const admin = String(guardbee.eventsNamed('guardbee started')[0]?.fields['admin'])
    const { status } = await fetch(new URL('/backchannel-logout', admin), { method: 'POST', body })
    assert.equal(status, 200)
    await waitFor('the end of the connection', leaving.isClosed)
    assert.equal(leaving.disconnectReason(), 0x87)
    await assert.rejects(connect('mqtt', token), NOT_AUTHORIZED)
  })
})
