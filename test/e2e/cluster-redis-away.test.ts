import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IClientOptions } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import type { TestClient } from '../support/mqtt-clients.ts'
import { refusedConnect } from '../support/raw-connect.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor, within } from '../support/wait-for.ts'

const PERSISTENT: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 3600 } }
/** Silent Redis is noticed by its silence. */
const DEAD_AFTER_MS = 2_000

describe('two nodes whose Redis goes away', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let redis: RedisServer
  let nodes: readonly [GuardbeeProcess, GuardbeeProcess]
  let token: string

  before(async () => {
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    redis = teardown.add(await RedisServer.start(), opened => opened.stop())
    const start = async (nodeId: string): Promise<GuardbeeProcess> => {
      const guardbee = await startGuardbee({
        ...jwtSettings(server),
        GUARDBEE_LOG_LEVEL: 'debug',
        GUARDBEE_REDIS_URL: redis.url,
        GUARDBEE_NODE_ID: nodeId,
        GUARDBEE_HEARTBEAT_MS: '500',
        GUARDBEE_DEAD_AFTER_MS: String(DEAD_AFTER_MS),
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

  async function readiness(node: GuardbeeProcess): Promise<string> {
    const admin = String(node.eventsNamed('guardbee started')[0]?.fields['admin'])
    const response = await fetch(`${admin}/readyz`)
    return `${response.status} ${(await response.text()).trim()}`
  }

  const ways: readonly (readonly [string, () => Promise<void>, () => Promise<void>])[] = [
    ['is killed', () => redis.kill(), () => redis.restart()],
    ['hangs', async () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
  ]
  for (const [way, goes, comesBack] of ways) {
    it(`serve who needs nothing of it, hold back the rest, and resume by themselves, when it ${way}`, async () => {
      const [left, right] = nodes
      const name = (what: string): string => `${way.replaceAll(' ', '-')}-${what}`
      const stored = await connect(right, name('stored'), PERSISTENT)
      await stored.client.subscribeAsync(name('stored'), { qos: 2 })
      const publisher = await connect(left, name('publisher'))

      await goes()
      for (const node of nodes) {
        await waitFor('a red light', async () => (await readiness(node)) === '503 not ready: Redis cannot be reached')
      }
      const held = ([1, 2] as const).map(qos => publisher.client.publishAsync(name('stored'), `qos ${qos}`, { qos }))
      let acknowledged = 0
      for (const one of held) void one.then(() => acknowledged++)
      const retained = publisher.client.publishAsync(name('retained'), 'kept', { qos: 1, retain: true })

      const twins = await Promise.all(nodes.map(node => connect(node, name('twin'))))
      const [twin] = twins
      assert(twin !== undefined)
      await twin.client.subscribeAsync(name('local/#'), { qos: 1 })
      const local = await connect(left, name('local'))
      for (const qos of [0, 1, 2] as const) await local.client.publishAsync(name('local/'), `qos ${qos}`, { qos })
      for (const qos of [0, 1, 2])
        await twin.waitForMessage(`a local message of QoS ${qos}`, ({ payload }) => payload === `qos ${qos}`)
      const refusal = {
        clientId: name('stays'),
        version: 4,
        username: 'any',
        password: token,
        cleanStart: false,
      } as const
      assert.equal((await refusedConnect(left.mqttPort, refusal)).code, 3, 'server unavailable')
      assert.equal(acknowledged, 0)

      await comesBack()
      await within('the acknowledgements', Promise.all([...held, retained]))
      for (const qos of [1, 2]) await stored.waitForMessage(`QoS ${qos}`, ({ payload }) => payload === `qos ${qos}`)
      await waitFor('one of the twins to go', () => twins.filter(({ isClosed }) => isClosed()).length === 1)
      assert.deepEqual(
        twins.filter(({ isClosed }) => isClosed()).map(({ disconnectReason }) => disconnectReason()),
        [0x8e],
      )
      for (const node of nodes) await waitFor('a green light', async () => (await readiness(node)) === '200 ready')
      const back = await connect(left, name('stays'), PERSISTENT)
      await back.client.subscribeAsync(name('retained'), { qos: 1 })
      await back.waitForMessage('the retained message', ({ retain, payload }) => retain && payload === 'kept')
      assert.equal(stored.isClosed(), false)
      assert.equal(publisher.isClosed(), false)
    })
  }
})
