import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { decodeJwt } from 'jose'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { runProgram, systemProgram } from '../support/programs.ts'
import { Teardown } from '../support/teardown.ts'
import { tutorialSecurityFile } from '../support/tutorial-security-file.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { TemporaryFolder } from '../support/temporary-folder.ts'

const TIME = String.raw`\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2},\d{3} UTC - `

// To the character, but for the time: the parts are quoted, and nothing may stand before, between or after the lines.
const ACCESS_LOG = [
  'authentication-failed - Client failed authentication: ID no-token-client, IP 127.0.0.1, reason "unknown authentication key or wrong authentication secret".',
  'authentication-succeeded - Client succeeded authentication: ID token-client, IP 127.0.0.1.',
  "authorization-succeeded - Client succeeded authorization: ID token-client, IP 127.0.0.1, permissions [Permission{topicFilter='#', qos=[0, 1, 2], activity=[publish, subscribe], retainedPublishAllowed=true, sharedSubscribeAllowed=true, sharedGroup='', from='allow-all'}].",
]

/** The steps build on each other, as they do for somebody who follows the tutorial. */
describe("HiveMQ's Okta tutorial, step by step", { timeout: 90_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let folder: TemporaryFolder
  let metadata: Readonly<Record<string, unknown>>
  let securityFile: string
  let guardbee: GuardbeeProcess
  let token: string

  before(async () => {
    server = teardown.add(await startAuthorizationServer({ audience: 'HiveMQ', shape: 'okta' }), opened =>
      opened.close(),
    )
    folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
  })

  after(() => teardown.run())

  it('1. the metadata document names the endpoints', async () => {
    metadata = await readJson(`${server.issuer}/.well-known/oauth-authorization-server`)
    assert.equal(metadata['jwks_uri'], `${server.issuer}/v1/keys`)
    assert.equal(metadata['introspection_endpoint'], `${server.issuer}/v1/introspect`)
  })

  it('2. the security file is written with these endpoints', async () => {
    securityFile = path.join(folder.path, 'enterprise-security-extension.xml')
    const domain = new URL(server.issuer).origin
    const text = await tutorialSecurityFile(domain, server.clientId, server.clientSecret)
    assert.ok(text.includes(`<jwks-endpoint>${String(metadata['jwks_uri'])}</jwks-endpoint>`))
    assert.ok(text.includes(String(metadata['introspection_endpoint'])))
    await writeFile(securityFile, text)
  })

  it('3. the broker starts and says so in four lines', async () => {
    const started = await startGuardbee({ GUARDBEE_SECURITY_FILE: securityFile })
    guardbee = teardown.add(started, opened => opened.destroy())
    const accessLog = path.join(guardbee.logFolder, 'access', 'access.log')
    const output = guardbee.program.stdout
    const lines = [
      /Starting guardbee security\./,
      new RegExp(`Access log is written to ${literally(accessLog)}\\.`),
      /Started guardbee security successfully in \d+ms\./,
      /guardbee version \S+ started successfully\./,
    ]
    const positions = lines.map(line => output.search(line))
    assert.ok(!positions.includes(-1), output)
    assert.deepEqual(
      positions,
      positions.toSorted((a, b) => a - b),
    )
  })

  it('4. a client without a token is refused', async () => {
    const who = ['-h', '127.0.0.1', '-p', String(guardbee.mqttPort), '-i', 'no-token-client']
    const { status, stderr } = await runProgram(systemProgram('mosquitto_pub'), [...who, '-t', 'demo', '-m', 'hi'])
    assert.equal(status, 5)
    assert.match(stderr, /not authori[sz]ed/)
  })

  it('5. the token endpoint gives an access token for the audience with the scope', async () => {
    token = await server.requestToken()
    const { aud, scp, iss } = decodeJwt(token)
    assert.deepEqual({ aud, scp, iss }, { aud: 'HiveMQ', scp: ['mqtt'], iss: server.issuer })
  })

  it('6. with the token as its password a client gets in, subscribes and publishes', async () => {
    const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
    const { client, waitForMessage } = await connectClient(url, { clientId: 'token-client', token })
    await client.subscribeAsync('demo/#', { qos: 1 })
    await client.publishAsync('demo/hello', 'hi', { qos: 1 })
    const message = await waitForMessage('demo/hello', ({ topicName }) => topicName === 'demo/hello')
    assert.equal(message.payload, 'hi')
    await client.endAsync()
  })

  it('7. the access log holds exactly the three lines of the tutorial', async () => {
    const accessLog = path.join(guardbee.logFolder, 'access', 'access.log')
    const lines = ACCESS_LOG.map(line => `${TIME}${literally(line)}\n`)
    const whole = new RegExp(`^${lines.join('')}$`)
    await waitFor(
      'three lines in the access log',
      async () => (await readFile(accessLog, 'utf8')).split('\n').length > 3,
    )
    await guardbee.stop()
    assert.match(await readFile(accessLog, 'utf8'), whole)
  })
})

async function readJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url)
  assert.equal(response.status, 200)
  const body: unknown = await response.json()
  assert.ok(typeof body === 'object' && body !== null)
  return { ...body }
}

/** A regular expression that matches `text` and nothing else. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
