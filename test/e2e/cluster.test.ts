import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IClientOptions } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { onEachWorker } from '../support/on-each-worker.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor, within } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess, LogEvent } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'

const QOS_LEVELS = [0, 1, 2] as const
const PERSISTENT: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 3600 } }

/** The default, which is HiveMQ's. */
const RECEIVE_MAXIMUM = 10

describe('two nodes of two workers on one Redis', { timeout: 180_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let redis: RedisServer
  let nodes: readonly [GuardbeeProcess, GuardbeeProcess]
  let token: string

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    redis = teardown.add(await RedisServer.start(), opened => opened.stop())
    nodes = await Promise.all([startNode('left'), startNode('right')])
    token = await server.requestToken()
  })

  after(() => teardown.run())

  async function startNode(nodeId: string, url = redis.url): Promise<GuardbeeProcess> {
    const settings = {
      ...jwtSettings(server),
      GUARDBEE_LOG_LEVEL: 'debug',
      GUARDBEE_REDIS_URL: url,
      GUARDBEE_NODE_ID: nodeId,
    }
    return teardown.add(await startGuardbee(settings), opened => opened.destroy())
  }

  async function connect(guardbee: GuardbeeProcess, clientId: string, options?: IClientOptions): Promise<TestClient> {
    const who = options === undefined ? { clientId, token } : { clientId, token, options }
    const opened = await connectClient(guardbee.listenerUrl('mqtt').href, who)
    return teardown.add(opened, ({ client }) => client.endAsync(true))
  }

  /** One client on each worker of both nodes. */
  async function connectEverywhere(name: string): Promise<TestClient[]> {
    const clients = nodes.map((guardbee, index) =>
      onEachWorker(
        guardbee,
        guardbee.startedWorkers.map(({ worker }) => worker),
        `${name}-${index}`,
        clientId => connect(guardbee, clientId),
        ({ client }) => client.endAsync(true),
      ),
    )
    return (await Promise.all(clients)).flat().map(placed => placed.it)
  }

  async function readiness(guardbee: GuardbeeProcess): Promise<number> {
    const admin = String(guardbee.eventsNamed('guardbee started')[0]?.fields['admin'])
    return (await fetch(`${admin}/readyz`)).status
  }

  it('brings every message from each worker to the subscribers of all, right after SUBACK, at every QoS', async () => {
    const clients = await connectEverywhere('everywhere')
    assert.equal(clients.length, 4)
    await Promise.all(clients.map(({ client }) => client.subscribeAsync('far/#', { qos: 2 })))
    for (const qos of QOS_LEVELS) {
      const topics = clients.map(({ clientId }) => `far/${qos}/${clientId}`)
      await Promise.all(clients.map(({ client }, index) => client.publishAsync(topics[index] ?? '', 'x', { qos })))
      for (const { messages } of clients) {
        await waitFor(`each message at QoS ${qos}`, () => topics.every(topic => has(messages, topic, qos)))
      }
    }
    for (const { messages } of clients) assert.equal(messages.length, 4 * QOS_LEVELS.length)
  })

  it('gives each message of a shared subscription to one member in the whole cluster, and some to each', async () => {
    const members = await connectEverywhere('member')
    await Promise.all(members.map(({ client }) => client.subscribeAsync('$share/group/jobs/#', { qos: 1 })))
    const publisher = await connect(nodes[0], 'shared-publisher')
    const payloads = Array.from({ length: 200 }, (_, i) => String(i))
    // MQTT.js does not keep to the broker's Receive Maximum by itself.
    for (let sent = 0; sent < payloads.length; sent += RECEIVE_MAXIMUM) {
      const next = payloads.slice(sent, sent + RECEIVE_MAXIMUM)
      await Promise.all(next.map(payload => publisher.client.publishAsync('jobs/item', payload, { qos: 1 })))
    }
    const received = (): string[] => members.flatMap(({ messages }) => messages.map(message => message.payload))
    await waitFor('all messages', () => received().length >= payloads.length)
    assert.deepEqual(received().sort(), payloads.toSorted())
    for (const { messages } of members) assert(messages.length > 0)
  })

  it('finds a persistent session, and what came for it meanwhile, at each node', async () => {
    const [left, right] = nodes
    const first = await connect(left, 'wanderer', PERSISTENT)
    await first.client.subscribeAsync('wander/#', { qos: 2 })
    await first.client.endAsync()
    const publisher = await connect(right, 'wander-publisher')
    for (const qos of [1, 2] as const) await publisher.client.publishAsync(`wander/${qos}`, 'kept', { qos })
    const second = await connect(right, 'wanderer', PERSISTENT)
    await waitFor('both messages', () => second.messages.length === 2)
    assert.deepEqual(second.messages.map(({ topicName }) => topicName).sort(), ['wander/1', 'wander/2'])
  })

  it('shows retained messages from each node', async () => {
    const [left, right] = nodes
    const publisher = await connect(left, 'retainer')
    await publisher.client.publishAsync('retained/here', 'seen', { qos: 1, retain: true })
    for (const [index, node] of [left, right].entries()) {
      const subscriber = await connect(node, `retained-${index}`)
      await subscriber.client.subscribeAsync('retained/#', { qos: 1 })
      const message = await subscriber.waitForMessage('the retained message', ({ payload }) => payload === 'seen')
      assert.equal(message.retain, true)
    }
  })

  it('is not ready while Redis is away, serves its own clients, and holds back what is for others until it is there', async () => {
    const near = await connect(nodes[0], 'near')
    const far = await connect(nodes[1], 'far')
    const publisher = await connect(nodes[0], 'while-away')
    await near.client.subscribeAsync('near', { qos: 1 })
    await far.client.subscribeAsync('away', { qos: 1 })
    await redis.kill()
    for (const node of nodes) {
      const { fields } = await node.waitForEvent('Redis cannot be reached: trying again')
      assert.equal(fields['redis'], redis.url)
      assert.equal(await readiness(node), 503)
    }
    await publisher.client.publishAsync('near', 'local', { qos: 1 })
    await near.waitForMessage('what is local', ({ payload }) => payload === 'local')
    let acknowledged = false
    const published = publisher.client.publishAsync('away', 'held back', { qos: 1 }).then(() => {
      acknowledged = true
    })
    await publisher.client.publishAsync('near', 'passes by', { qos: 0 })
    await near.waitForMessage('what comes after', ({ payload }) => payload === 'passes by')
    assert.equal(acknowledged, false)
    await redis.restart()
    await within('the acknowledgement', published)
    await far.waitForMessage('what was held back', ({ payload }) => payload === 'held back')
    for (const node of nodes) await waitFor('readiness', async () => (await readiness(node)) === 200)
  })

  it('waits for Redis at the start, and keeps the password to itself', async () => {
    const port = await freePort()
    const starting = startNode('early', `redis://user:pass-word@127.0.0.1:${port}`)
    const late = await RedisServer.start(port)
    teardown.add(late, opened => opened.stop())
    await late.command('ACL', 'SETUSER', 'user', 'on', '>pass-word', '~*', '&*', '+@all')
    const early = await starting
    assert.equal(await readiness(early), 200)
    assert.equal((await early.allOutput()).includes('pass-word'), false)
    await early.stop()
  })

  it('ends a worker that was taken for dead, with its clients, and starts another one', async () => {
    const [left] = nodes
    const client = await connect(left, 'buried')
    const worker = await left.workerOf('buried')
    const found = left.startedWorkers.find(started => started.worker === worker)
    assert(found !== undefined)
    process.kill(found.pid, 'SIGSTOP')
    try {
      const isIt = ({ fields: { peer } }: LogEvent): boolean => /^left~.*\/(.*)$/.exec(String(peer))?.[1] === worker
      await waitFor('one of the others to bury it', () =>
        nodes.some(node => node.eventsNamed('worker was taken for dead').some(isIt)),
      )
    } finally {
      process.kill(found.pid, 'SIGCONT')
    }
    await waitFor('the client to be told', () => client.disconnectReason() === 0x8b)
    await left.waitForEvent('worker ended and is forked again', fields => String(fields['worker']) === worker)
    await waitFor('readiness', async () => (await readiness(left)) === 200)
  })

  it('notices within seconds that a node is dead, publishes its wills once, and notices at once who leaves', async () => {
    const [left, right] = nodes
    const third = await startNode('third')
    const peerOf = (fields: Readonly<Record<string, unknown>>): string => String(fields['peer'])
    await left.waitForEvent('worker is up', fields => peerOf(fields).startsWith('third~'))
    const heir = await connect(left, 'heir')
    await heir.client.subscribeAsync('last/words', { qos: 1 })
    const will = { topic: 'last/words', payload: Buffer.from('gone'), qos: 1, retain: false } as const
    await connect(third, 'mortal', { ...PERSISTENT, will })
    for (const { pid } of third.startedWorkers) process.kill(pid, 'SIGKILL')
    third.program.kill('SIGKILL')
    await left.waitForEvent('worker is gone', fields => peerOf(fields).startsWith('third~'))
    await heir.waitForMessage('the will of its client', ({ payload }) => payload === 'gone')
    const stopped = right.stop()
    await left.waitForEvent('worker is gone', fields => peerOf(fields).startsWith('right~'))
    await stopped
    assert.equal(heir.messages.length, 1)
  })
})

function has(messages: TestClient['messages'], topicName: string, qos: number): boolean {
  return messages.some(message => message.topicName === topicName && message.qos === qos)
}
