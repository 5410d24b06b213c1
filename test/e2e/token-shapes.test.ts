import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { refusedConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { TokenShape } from '../support/token-shapes.ts'

const NOT_AUTHORIZED = 0x87

/** Each shape with the preset that reads it. */
const PRESETS: Readonly<Record<TokenShape, string>> = {
  rfc9068: 'generic',
  okta: 'okta',
  auth0: 'auth0',
  'auth0-rbac': 'auth0',
  keycloak: 'keycloak',
  'entra-v2': 'entra',
  'entra-v1': 'entra',
  cognito: 'cognito',
  google: 'google',
}

const SHAPES: readonly TokenShape[] = [
  'rfc9068',
  'okta',
  'auth0',
  'auth0-rbac',
  'keycloak',
  'entra-v2',
  'entra-v1',
  'cognito',
  'google',
]

describe('the tokens of a real authorization server, in every shape that is met', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  const servers = new Map<TokenShape, AuthorizationServer>()
  let guardbee: GuardbeeProcess

  before(async () => {
    for (const shape of SHAPES) {
      servers.set(
        shape,
        teardown.add(await startAuthorizationServer({ shape }), opened => opened.close()),
      )
    }
    const folder = teardown.add(await makeTemporaryFolder(), made => made.remove())
    const file = path.join(folder.path, 'issuers.json')
    const issuers = SHAPES.map(shape => {
      const server = serverOf(shape)
      // The issuer of Auth0 ends with a slash.
      const issuer = shape === 'auth0' ? `${server.issuer}/` : server.issuer
      return { issuer, jwks_uri: server.keysUri, preset: PRESETS[shape], audience: server.audience, scope: 'mqtt' }
    })
    await writeFile(file, JSON.stringify(issuers))
    guardbee = teardown.add(await startGuardbee({ GUARDBEE_JWT_ISSUERS_FILE: file }), opened => opened.destroy())
  })

  after(() => teardown.run())

  for (const shape of SHAPES) {
    it(`${shape}: a token lets its client in by the preset ${PRESETS[shape]}`, async () => {
      const token = await serverOf(shape).requestToken()
      const { client } = await connectClient(guardbee.listenerUrl('mqtt').href, { clientId: `good-${shape}`, token })
      await client.endAsync()
    })

    it(`${shape}: the same claims signed by the keys of another issuer are refused`, async () => {
      const server = serverOf(shape)
      const claims = decodeJwt(await server.requestToken())
      const password = await server.mint({ claims, keys: await server.prepareKeys(), kid: server.keys.RS256.kid })
      const clientId = `forged-${shape}`
      const answer = await refusedConnect(guardbee.mqttPort, { clientId, username: 'u', password })
      assert.equal(answer.code, NOT_AUTHORIZED)
      const { fields } = await guardbee.waitForEvent('client refused', logged => logged['clientId'] === clientId)
      assert.equal(fields['cause'], 'bad_signature')
    })
  }

  it('cognito: a token without aud lets its client in, whose id stands in its place', async () => {
    const server = serverOf('cognito')
    const claims = { token_use: 'access', client_id: server.audience, scope: 'mqtt', aud: undefined, scp: undefined }
    const token = await server.mint({ claims })
    const { client } = await connectClient(guardbee.listenerUrl('mqtt').href, { clientId: 'cognito-unbound', token })
    await client.endAsync()
  })

  function serverOf(shape: TokenShape): AuthorizationServer {
    const server = servers.get(shape)
    assert.ok(server !== undefined)
    return server
  }
})
