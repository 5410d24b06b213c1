import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import type { AuthorizationServer, AuthorizationServerOptions } from '../support/authorization-server.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const CLUSTER_SECRET = 'a-cluster-secret-of-a-test'
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
})
