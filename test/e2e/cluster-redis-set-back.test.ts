import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IClientOptions } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { type GuardbeeProcess, startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient, type TestClient } from '../support/mqtt-clients.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'

const PERSISTENT: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 3600 } }
const NOTICED = 'the store may have gone back behind what it had acknowledged'
const MESSAGES = ['one', 'two', 'three'] as const

describe('two nodes whose Redis loses what it has acknowledged', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let redis: RedisServer
  let nodes: readonly [GuardbeeProcess, GuardbeeProcess]
  let token: string

  before(async () => {
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    // It comes back with what was saved by hand.
    redis = teardown.add(await RedisServer.start(undefined, { appendonly: 'no' }), opened => opened.stop())
    const start = async (nodeId: string): Promise<GuardbeeProcess> => {
      const guardbee = await startGuardbee({
        ...jwtSettings(server),
        GUARDBEE_REDIS_URL: redis.url,
        GUARDBEE_NODE_ID: nodeId,
        GUARDBEE_WORKERS: '1',
      })
      return teardown.add(guardbee, opened => opened.destroy())
    }
    nodes = await Promise.all([start('left'), start('right')])
    token = await server.requestToken()
  })

  after(() => teardown.run())

  async function connect(node: GuardbeeProcess, clientId: string, options?: IClientOptions): Promise<TestClient> {
    const who = options === undefined ? { clientId, token } : { clientId, token, options }
    const opened = await connectClient(node.listenerUrl('mqtt').href, who)
    return teardown.add(opened, ({ client }) => client.endAsync(true))
  }

  async function goBack(): Promise<void> {
    await redis.kill()
    await redis.restart()
    for (const node of nodes) await node.waitForEvent(NOTICED)
  }

  it('deliver what is published afterwards to who is still connected, and close who is not known there', async () => {
    const [left, right] = nodes
    const publisher = await connect(left, 'publisher')
    const early = await connect(right, 'early', PERSISTENT)
    await early.client.subscribeAsync('early', { qos: 1 })
    await redis.command('SAVE')
    await early.client.subscribeAsync('late', { qos: 1 })
    const late = await connect(right, 'late', PERSISTENT)
    for (const message of MESSAGES) await publisher.client.publishAsync('early', `before ${message}`, { qos: 1 })
    for (const message of MESSAGES)
      await early.waitForMessage(message, ({ payload }) => payload === `before ${message}`)

    await goBack()
    for (const topic of ['early', 'late'])
      for (const message of MESSAGES) await publisher.client.publishAsync(topic, `${topic} ${message}`, { qos: 1 })
    for (const topic of ['early', 'late'])
      for (const message of MESSAGES)
        await early.waitForMessage(message, ({ payload }) => payload === `${topic} ${message}`)
    await waitFor('the client that Redis has lost to be closed', () => late.isClosed())
    assert.equal(early.isClosed(), false)
    assert.equal(publisher.isClosed(), false)
  })
})
