import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { runGuardbee, startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer, AuthorizationServerOptions } from '../support/authorization-server.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const CLUSTER_SECRET = 'a-cluster-secret-of-a-test'
const ADMIN_TOKEN = 'an-admin-secret-of-a-test'
const TOKENS = 100
const FETCHES = 'guardbee_jwks_fetches_total'

describe('what the nodes of a cluster share of tokens', { timeout: 180_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let redis: RedisServer

  afterEach(() => teardown.run())

  async function open(options: AuthorizationServerOptions = {}): Promise<void> {
    server = teardown.add(await startAuthorizationServer(options), opened => opened.close())
    redis = teardown.add(await RedisServer.start(), opened => opened.stop())
  }

  async function startNode(settings: GuardbeeSettings = {}): Promise<GuardbeeProcess> {
    const usual = { GUARDBEE_REDIS_URL: redis.url, GUARDBEE_CLUSTER_SECRET: CLUSTER_SECRET }
    const started = await startGuardbee({ ...jwtSettings(server), ...usual, ...settings })
    return teardown.add(started, opened => opened.destroy())
  }

  async function connect(node: GuardbeeProcess, clientId: string, token: string): Promise<TestClient> {
    const opened = await connectClient(node.listenerUrl('mqtt').href, { clientId, token })
    return teardown.add(opened, ({ client }) => client.endAsync(true))
  }

  async function metric(node: GuardbeeProcess, line: string): Promise<number> {
    const admin = String(node.eventsNamed('guardbee started')[0]?.fields['admin'])
    const text = await (await fetch(`${admin}/metrics`)).text()
    return Number(
      text
        .split('\n')
        .find(each => each.startsWith(`${line} `))
        ?.slice(line.length),
    )
  }

  it('is one request for the keys, however many nodes and tokens', async () => {
    await open()
    const nodes = await Promise.all([startNode(), startNode()])
    for (let number = 0; number < TOKENS; number++) {
      const node = nodes[number % 2 === 0 ? 0 : 1]
      await (await connect(node, `c${number}`, await server.mint())).client.endAsync()
    }
    assert.equal(server.requests.keys, 1)
    const [first, second] = nodes
    const fetches = [await metric(first, FETCHES), await metric(second, FETCHES)] as const
    assert.equal(fetches[0] + fetches[1], 1)
    assert.equal((await Promise.all(nodes.map(node => node.allOutput()))).join('').includes(CLUSTER_SECRET), false)
  })

  it('is one introspection of a token that both are shown', async () => {
    await open({ format: 'opaque' })
    const introspection = {
      GUARDBEE_JWT_JWKS_URI: undefined,
      GUARDBEE_JWT_SCOPE: undefined,
      GUARDBEE_JWT_SCOPE_CLAIM: undefined,
      GUARDBEE_JWT_INTROSPECTION: 'only',
      GUARDBEE_JWT_INTROSPECTION_CLIENT_ID: server.clientId,
      GUARDBEE_JWT_INTROSPECTION_CLIENT_SECRET: server.clientSecret,
    }
    const nodes = await Promise.all([startNode(introspection), startNode(introspection)])
    const token = await server.requestToken()
    await Promise.all(nodes.map((node, index) => connect(node, `c${index}`, token)))
    assert.equal(server.requests.introspect, 1)
  })

  it('is nothing without the secret, which is said once', async () => {
    await open()
    const [first] = await Promise.all([
      startNode({ GUARDBEE_CLUSTER_SECRET: undefined }),
      startNode({ GUARDBEE_CLUSTER_SECRET: undefined }),
    ])
    assert.equal(server.requests.keys, 2)
    const said = first.events.filter(({ event }) => event.includes('GUARDBEE_CLUSTER_SECRET is not given'))
    assert.equal(said.length, 1)
  })

  it('is every revocation: at one node it ends the client of another within a second, and no node lets it in again', async () => {
    await open()
    const ports = [String(await freePort()), String(await freePort())]
    const settings = ports.map(port => ({ GUARDBEE_ADMIN_PORT: port, GUARDBEE_ADMIN_TOKEN: ADMIN_TOKEN }))
    const [first, second] = await Promise.all([startNode(settings[0]), startNode(settings[1])])
    const token = await server.mint({ claims: { sub: 'a' } })
    const clients = [await connect(first, 'near', token), await connect(second, 'far', token)]
    const other = await connect(second, 'other', await server.mint({ claims: { sub: 'b' } }))
    const { status, stderr } = await runGuardbee(['revoke', '--sub', 'a', '--issuer', server.issuer], settings[0])
    const saidAtMs = Date.now()
    assert.equal(status, 0, stderr)
    await waitFor('the end of the connections', () => clients.every(client => client.isClosed()))
    assert.ok(Date.now() - saidAtMs < 1_000)
    for (const client of clients) assert.equal(client.disconnectReason(), 0x87)
    const late = await startNode()
    for (const node of [first, second, late]) await assert.rejects(connect(node, 'again', token))
    await late.waitForEvent('client refused', fields => fields['cause'] === 'token_revoked')
    assert.equal(other.isClosed(), false)
    assert.equal(await metric(late, 'guardbee_revocations'), 1)
    const hash = await redis.command('HGETALL', `{guardbee}:revocations`)
    assert.equal(JSON.stringify(hash).includes(server.issuer), false)
  })

  it('is the same while the secret is rolled over, and revocations outlast the old one', async () => {
    await open()
    const OTHER_SECRET = 'the-next-secret-of-a-test'
    const secrets = (current: string, accepted: string | undefined): GuardbeeSettings => ({
      GUARDBEE_CLUSTER_SECRET: current,
      GUARDBEE_CLUSTER_SECRET_ACCEPTED: accepted,
    })
    const tokens = new Map<string, string>()
    for (const sub of ['before', 'halfway', 'after']) tokens.set(sub, await server.mint({ claims: { sub } }))
    const revoke = async (sub: string, settings: GuardbeeSettings): Promise<GuardbeeProcess> => {
      const admin = { GUARDBEE_ADMIN_PORT: String(await freePort()), GUARDBEE_ADMIN_TOKEN: ADMIN_TOKEN }
      const node = await startNode({ ...settings, ...admin })
      const { status, stderr } = await runGuardbee(['revoke', '--sub', sub, '--issuer', server.issuer], admin)
      assert.equal(status, 0, stderr)
      return node
    }
    const refuses = async (node: GuardbeeProcess, sub: string): Promise<void> => {
      await waitFor(`${sub} to be refused`, async () => {
        const opened = await connectClient(node.listenerUrl('mqtt').href, {
          clientId: sub,
          token: tokens.get(sub) ?? '',
        }).catch(() => undefined)
        await opened?.client.endAsync(true)
        return opened === undefined
      })
    }

    const alone = await revoke('before', secrets(CLUSTER_SECRET, undefined))
    await alone.destroy()
    // Restarted once, the nodes take the new secret; then they seal with it, one after the other.
    const accepting = await startNode(secrets(CLUSTER_SECRET, OTHER_SECRET))
    const rolled = await revoke('halfway', secrets(OTHER_SECRET, CLUSTER_SECRET))
    for (const node of [accepting, rolled]) for (const sub of ['before', 'halfway']) await refuses(node, sub)
    await accepting.destroy()
    const done = await revoke('after', secrets(OTHER_SECRET, undefined))
    for (const node of [rolled, done]) for (const sub of tokens.keys()) await refuses(node, sub)
    assert.equal(await metric(done, 'guardbee_revocations'), 3)
    assert.equal(
      (await Promise.all([rolled, done].map(node => node.allOutput()))).join('').includes(OTHER_SECRET),
      false,
    )
  })

  it('is a TLS session too, where they have the secret for it', async () => {
    await open()
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove()).path
    const authority = TestAuthority.root()
    const { certificateFile, keyFile } = await writeTlsFiles(folder, authority)
    const encrypted = {
      GUARDBEE_TLS_PORT: '0',
      GUARDBEE_TLS_CERTIFICATE_FILE: certificateFile,
      GUARDBEE_TLS_KEY_FILE: keyFile,
    }
    const sharing = { ...encrypted, GUARDBEE_TLS_TICKET_SECRET: 'a-ticket-secret-of-a-test' }
    const [first, second, alone] = await Promise.all([startNode(sharing), startNode(sharing), startNode(encrypted)])
    const ca = authority.certificate
    const portOf = (node: GuardbeeProcess): number => Number(node.listenerUrl('mqtts').port)
    const socket = connectTls({ port: portOf(first), host: '127.0.0.1', ca })
    const [session]: unknown[] = await once(socket, 'session')
    assert.ok(Buffer.isBuffer(session))
    socket.destroy()
    for (const [node, expected] of [
      [second, true],
      [alone, false],
    ] as const) {
      const again: TLSSocket = connectTls({ port: portOf(node), host: '127.0.0.1', ca, session })
      await once(again, 'secureConnect')
      assert.equal(again.isSessionReused(), expected)
      again.destroy()
    }
  })
})

describe('a revocation at a node that is alone', { timeout: 60_000 }, () => {
  const teardown = new Teardown()

  afterEach(() => teardown.run())

  it('holds after a restart, and a file of them that cannot be read keeps the node from starting', async () => {
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove()).path
    const settings = {
      ...jwtSettings(server),
      GUARDBEE_DATA_DIR: path.join(folder, 'data'),
      GUARDBEE_ADMIN_PORT: String(await freePort()),
      GUARDBEE_ADMIN_TOKEN: ADMIN_TOKEN,
    }
    const token = await server.mint({ claims: { sub: 'a' } })
    const before = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    assert.equal((await runGuardbee(['revoke', '--sub', 'a', '--issuer', server.issuer], settings)).status, 0)
    await before.stop()
    const after = teardown.add(await startGuardbee(settings), opened => opened.destroy())
    await assert.rejects(connectClient(after.listenerUrl('mqtt').href, { clientId: 'a', token }))
    await after.waitForEvent('client refused', fields => fields['cause'] === 'token_revoked')
    await after.stop()
    await writeFile(path.join(folder, 'data', 'revocations.json'), 'half a fi')
    const { status, stdout, stderr } = await runGuardbee(['start'], { ...settings, GUARDBEE_MQTT_PORT: '0' })
    assert.notEqual(status, 0)
    assert.match(stdout + stderr, /revocations\.json are damaged/)
  })
})
