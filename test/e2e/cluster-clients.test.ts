import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { IClientOptions } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { type BalancedCluster, startBalancedCluster } from '../support/balanced-cluster.ts'
import { type Door, INTEROP_CLIENTS, waitForDelivery } from '../support/interop-clients.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import type { TestClient } from '../support/mqtt-clients.ts'
import { runProgram, startProgram, systemProgram } from '../support/programs.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { tutorialSecurityFile } from '../support/tutorial-security-file.ts'
import { waitFor } from '../support/wait-for.ts'

const QOS_LEVELS = [0, 1, 2] as const
/** The default, to which MQTT.js does not keep by itself. */
const RECEIVE_MAXIMUM = 10
const PERSISTENT: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 3600 } }
/** Where the clients of the tutorial come from, as HAProxy sees it. */
const CLIENT_ADDRESS = '127.0.0.9'

describe('clients of three nodes behind HAProxy', { timeout: 180_000 }, () => {
  const teardown = new Teardown()
  let cluster: BalancedCluster
  let door: Door
  let token: string

  before(async () => {
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    cluster = await startBalancedCluster(jwtSettings(server), teardown)
    token = await server.requestToken()
    door = { mqttPort: cluster.mqttPort, websocketUrl: `ws://127.0.0.1:${cluster.wsPort}/mqtt`, token }
  })

  after(() => teardown.run())

  /** Connects to the node with this number. */
  async function connect(node: number, clientId: string, options?: IClientOptions): Promise<TestClient> {
    const who = options === undefined ? { clientId, token } : { clientId, token, options }
    const opened = await connectClient(`mqtt://127.0.0.1:${cluster.nodePorts[node] ?? 0}`, who)
    return teardown.add(opened, ({ client }) => client.endAsync(true))
  }

  function connectToEach(name: string): Promise<TestClient[]> {
    return Promise.all(cluster.nodes.map((_, node) => connect(node, `${name}-${node}`)))
  }

  it('of each kind reach those of all kinds at every QoS, wherever the balancer has put them', async () => {
    const subscribers = await Promise.all(
      INTEROP_CLIENTS.map((client, index) => client.subscribe(door, `reader-${index}`, 'across/#')),
    )
    for (const subscriber of subscribers) teardown.add(subscriber, opened => opened.end())
    for (const qos of QOS_LEVELS) {
      const topics = await Promise.all(
        INTEROP_CLIENTS.map(async (client, index) => {
          const topicName = `across/${qos}/${index}`
          await client.publish(door, `writer-${qos}-${index}`, { topicName, payload: 'x', qos, retain: false })
          return topicName
        }),
      )
      for (const subscriber of subscribers) {
        for (const topicName of topics) {
          await waitForDelivery(
            subscriber,
            topicName,
            message => message.topicName === topicName && message.qos === qos,
          )
        }
      }
    }
    for (const subscriber of subscribers) {
      assert.equal(subscriber.messages().length, INTEROP_CLIENTS.length * QOS_LEVELS.length, subscriber.clientId)
    }
  })

  it('share a subscription: each message goes to one of them, and about as many to each', async () => {
    const members = [...(await connectToEach('member')), ...(await connectToEach('second'))]
    await Promise.all(members.map(({ client }) => client.subscribeAsync('$share/group/work', { qos: 1 })))
    const publishers = await connectToEach('giver')
    const each = 200
    for (let number = 0; number < each; number += RECEIVE_MAXIMUM) {
      await Promise.all(
        publishers.flatMap(({ client, clientId }) =>
          Array.from({ length: RECEIVE_MAXIMUM }, (_, index) =>
            client.publishAsync('work', `${clientId} ${number + index}`, { qos: 1 }),
          ),
        ),
      )
    }
    const received = (): string[] => members.flatMap(({ messages }) => messages.map(({ payload }) => payload))
    await waitFor('every message', () => received().length >= each * publishers.length)
    assert.equal(new Set(received()).size, each * publishers.length)
    assert.equal(received().length, each * publishers.length)
    const share = (each * publishers.length) / members.length
    for (const { messages, clientId } of members) {
      assert(messages.length > share / 2 && messages.length < share * 1.5, `${clientId} has ${messages.length}`)
    }
  })

  it('see the same retained messages at each node, the newest alone', async () => {
    const publishers = await connectToEach('keeper')
    for (const [index, { client }] of publishers.entries()) {
      await client.publishAsync('kept/one', `from ${index}`, { qos: 1, retain: true })
      await client.publishAsync(`kept/by/${index}`, 'x', { qos: 1, retain: true })
    }
    await publishers[0]?.client.publishAsync('kept/by/1', '', { qos: 1, retain: true })
    const seen = await Promise.all(
      (await connectToEach('looker')).map(async ({ client, messages }) => {
        await client.subscribeAsync('kept/#', { qos: 1 })
        await waitFor('the retained messages', () => messages.length >= 3)
        return messages.map(({ topicName, payload }) => `${topicName}: ${payload}`).sort()
      }),
    )
    for (const messages of seen) assert.deepEqual(messages, ['kept/by/0: x', 'kept/by/2: x', 'kept/one: from 2'])
  })

  it('hear of the end of those at other nodes by their wills', async () => {
    const [client = assert.fail()] = INTEROP_CLIENTS
    const readers = await connectToEach('heir')
    await Promise.all(readers.map(reader => reader.client.subscribeAsync('wills/#', { qos: 1 })))
    const will = { topicName: 'wills/one', payload: 'gone', qos: 1, retain: false } as const
    const cut = await client.connectWithWill(door, 'mortal', will)
    cut()
    for (const { waitForMessage } of readers) await waitForMessage('the will', ({ payload }) => payload === 'gone')
    for (const { messages } of readers) assert.equal(messages.length, 1)
  })

  it('find their sessions at any node, and take them over from where they are connected', async () => {
    const first = await connect(0, 'nomad', PERSISTENT)
    await first.client.subscribeAsync('nomad', { qos: 2 })
    const publisher = await connect(1, 'nomad-publisher')
    const visited: TestClient[] = [first]
    for (const node of [1, 2, 0]) {
      const next = await connect(node, 'nomad', PERSISTENT)
      const left = visited.at(-1)
      await waitFor('the earlier connection to end', () => left?.disconnectReason() === 0x8e)
      visited.push(next)
      await publisher.client.publishAsync('nomad', `to ${node}`, { qos: 2 })
      await next.waitForMessage('its message', ({ payload }) => payload === `to ${node}`)
      assert.equal(next.messages.length, 1)
    }
  })

  it('of one name at two nodes in one moment are one in the end, and the other is told', async () => {
    for (let round = 0; round < 20; round++) {
      const options = round % 2 === 0 ? PERSISTENT : {}
      const attempts = await Promise.allSettled([1, 2].map(node => connect(node, `twin-${round}`, options)))
      const twins = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
      // One that has no CONNACK yet is told by it.
      for (const attempt of attempts) if (attempt.status === 'rejected') assert.equal(attempt.reason.code, 0x89)
      await waitFor('one to stay', () => twins.filter(({ isClosed }) => !isClosed()).length === 1)
      for (const twin of twins.filter(({ isClosed }) => isClosed())) assert.equal(twin.disconnectReason(), 0x8e)
      const [stayed] = twins.filter(({ isClosed }) => !isClosed())
      await stayed?.client.subscribeAsync(`twin/${round}`, { qos: 1 })
      await stayed?.client.publishAsync(`twin/${round}`, 'still here', { qos: 1 })
      await stayed?.waitForMessage('its own message', ({ payload }) => payload === 'still here')
      await stayed?.client.endAsync()
    }
  })

  it('are reached by whoever publishes after SUBACK, at any node', async () => {
    const subscribers = await connectToEach('prompt')
    const publishers = await connectToEach('racer')
    for (let round = 0; round < 60; round++) {
      const { client, messages } = subscribers[round % 3] ?? assert.fail()
      await client.subscribeAsync(`race/${round}`, { qos: 1 })
      await Promise.all(
        publishers.map((publisher, node) =>
          publisher.client.publishAsync(`race/${round}`, `${node}`, { qos: node === 0 ? 0 : 1 }),
        ),
      )
      const arrived = (): string[] =>
        messages.filter(({ topicName }) => topicName === `race/${round}`).map(({ payload }) => payload)
      await waitFor(`the messages of round ${round}`, () => arrived().length === 3)
      assert.deepEqual(arrived().sort(), ['0', '1', '2'])
    }
  })
})

describe("HiveMQ's Okta tutorial through the balancer", { timeout: 120_000 }, () => {
  const teardown = new Teardown()

  after(() => teardown.run())

  it('lets in who has a token, and the access log has the address of the client', async () => {
    const server = await startAuthorizationServer({ audience: 'HiveMQ', shape: 'okta' })
    teardown.add(server, opened => opened.close())
    const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
    const securityFile = path.join(folder.path, 'enterprise-security-extension.xml')
    const domain = new URL(server.issuer).origin
    await writeFile(securityFile, await tutorialSecurityFile(domain, server.clientId, server.clientSecret))
    const cluster = await startBalancedCluster({ GUARDBEE_SECURITY_FILE: securityFile }, teardown)
    const at = ['-h', '127.0.0.1', '-p', String(cluster.mqttPort), '-A', CLIENT_ADDRESS]
    const publish = ['-t', 'demo/hello', '-m', 'hi', '-q', '1']
    const refused = await runProgram(systemProgram('mosquitto_pub'), [...at, '-i', 'no-token-client', ...publish])
    assert.equal(refused.status, 5)
    const who = ['-u', 'any', '-P', await server.requestToken()]
    const wanted = [...at, ...who, '-i', 'subscriber', '-t', 'demo/#', '-C', '1', '-d', '-q', '1']
    const subscriber = startProgram(systemProgram('stdbuf'), ['--output=L', systemProgram('mosquitto_sub'), ...wanted])
    await subscriber.waitForOutput('Subscribed')
    // HAProxy takes the nodes in turn: this is another one.
    const { status } = await runProgram(systemProgram('mosquitto_pub'), [...at, ...who, '-i', 'publisher', ...publish])
    assert.equal(status, 0)
    const { stdout } = await subscriber.ended
    assert.match(stdout, /^hi$/m)
    const lines = [
      `authentication-failed - Client failed authentication: ID no-token-client, IP ${CLIENT_ADDRESS}`,
      `authentication-succeeded - Client succeeded authentication: ID subscriber, IP ${CLIENT_ADDRESS}`,
      `authentication-succeeded - Client succeeded authentication: ID publisher, IP ${CLIENT_ADDRESS}`,
    ]
    const logs = async (): Promise<string[]> =>
      await Promise.all(
        cluster.nodes.map(({ logFolder }) => readFile(path.join(logFolder, 'access/access.log'), 'utf8')),
      )
    for (const line of lines) {
      await waitFor(line, async () => (await logs()).filter(text => text.includes(line)).length === 1)
    }
  })
})
