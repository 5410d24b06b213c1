import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'
import { connectPacket, subscribePacket, type WireClient } from '../../support/wire-client.ts'

const clientIds = ['c1', 'c2', 'c3'] as const
const topicFilters = ['a', 'a/#', '+', '$share/g/a', '$share/g/+'] as const
const qosLevels = [0, 1, 2] as const

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'connect',
      'connect',
      'subscribe',
      'subscribe',
      'publish',
      'unsubscribe',
      'lose',
      'disconnect',
      'pass',
      'cut',
      'join',
    ),
    clientId: fc.constantFrom(...clientIds),
    at: fc.nat(1),
    topicFilter: fc.constantFrom(...topicFilters),
    qos: fc.constantFrom(...qosLevels),
    sessionExpiry: fc.constantFrom(0, 5, 100),
    clean: fc.boolean(),
    will: fc.boolean(),
    settled: fc.boolean(),
  }),
  { maxLength: 40 },
)

describe('a broker', () => {
  it('holds nothing any more when all clients are gone, whatever they have done before', async () => {
    const property = fc.asyncProperty(steps, async list => {
      const brokers = await TestBrokers.start(2)
      const clients: WireClient[] = []
      let packetId = 0
      let spoken = false
      for (const { kind, clientId, at, topicFilter, qos, sessionExpiry, clean, will, settled } of list) {
        const client = clients.findLast(({ open }) => open)
        packetId++
        if (kind === 'connect') {
          // What a worker says of a session must be heard before the session moves: frames do not tell claims apart.
          if (spoken) await rejoin(brokers)
          spoken = false
          const connecting = brokers.open(at)
          const fields = { clean, properties: { sessionExpiryInterval: sessionExpiry } }
          const lastWords = { topic: 'a', payload: 'gone', qos, properties: { willDelayInterval: qos } }
          connecting.send(connectPacket(clientId, 5, will ? { ...fields, will: lastWords } : fields))
          clients.push(connecting)
        } else if (kind === 'subscribe') client?.send(subscribePacket(packetId, topicFilter, { qos }))
        else if (kind === 'unsubscribe')
          client?.send({ cmd: 'unsubscribe', messageId: packetId, unsubscriptions: [topicFilter] })
        else if (kind === 'publish') client?.sendPublish('a', 'x', { qos, retain: will })
        else if (kind === 'lose') client?.connection.lose()
        else if (kind === 'disconnect') client?.send({ cmd: 'disconnect', reasonCode: 0 })
        else if (kind === 'cut') brokers.network.hold('node/0', 'node/1')
        else if (kind === 'join') brokers.network.release('node/0', 'node/1')
        else {
          // A link that is silent for seconds is a peer that is down, which is another story.
          await rejoin(brokers)
          await brokers.pass(3_000)
        }
        spoken ||= kind !== 'connect'
        if (settled) await brokers.settle()
      }
      await rejoin(brokers)
      assert.equal(brokers.count('connectionsOpen'), clients.filter(({ open }) => open).length)
      for (const client of clients) client.connection.lose()
      await brokers.pass(110_000)
      brokers.assertNothingLeft()
    })
    await fc.assert(property, { numRuns: 150 })
  })

  it('closes all its clients with a reason, some at a time, and their sessions are let go of then', async () => {
    const brokers = await TestBrokers.start()
    const clients: WireClient[] = []
    for (let number = 0; number < 250; number++)
      clients.push(await brokers.connect(`c${number}`, { sessionExpiry: 100 }))
    const closedAtPauses: number[] = []
    const refusal = { reasonCode: ReasonCode.ServerShuttingDown, why: 'shutting down' }
    const closing = brokers.worker().broker.disconnectAll(refusal, async () => {
      closedAtPauses.push(clients.filter(({ open }) => !open).length)
    })
    await brokers.settle()
    await closing
    assert.deepEqual(closedAtPauses, [100, 200])
    for (const client of clients) {
      assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ServerShuttingDown)
      assert.equal(client.closedByBroker, true)
    }
    brokers.assertNothingLeft()
  })

  it('counts what comes and goes', async () => {
    const brokers = await TestBrokers.start()
    const subscriber = await brokers.connect('subscriber')
    await subscriber.subscribe(['a', 'b'], { qos: 1 })
    const publisher = await brokers.connect('publisher', { version: 4 })
    for (const qos of qosLevels) await publisher.publish('a', 'x', { qos })
    const counts = [
      'connectionsOpen',
      'connectionsAccepted',
      'sessionsConnected',
      'subscriptions',
      'messagesReceived',
      'messagesSent',
    ] as const
    assert.deepEqual(
      counts.map(name => brokers.count(name)),
      [2, 2, 2, 2, 3, 3],
    )
    assert(brokers.count('bytesReceived') > 0)
  })
})

async function rejoin(brokers: TestBrokers): Promise<void> {
  brokers.network.release('node/0', 'node/1')
  await brokers.settle()
}
