import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { INTEROP_CLIENTS, waitForDelivery } from '../support/interop-clients.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { onEachWorker } from '../support/on-each-worker.ts'
import { Teardown } from '../support/teardown.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'
import type { Door, InteropClient, Subscriber } from '../support/interop-clients.ts'
import type { Placed } from '../support/on-each-worker.ts'

const QOS_LEVELS = [0, 1, 2] as const

describe('interoperability: each client with each other one, on two workers', { timeout: 180_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  let door: Door
  let workers: readonly string[]
  /** One subscriber of each kind on each worker. */
  let subscribers: readonly Placed<Subscriber>[]

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    guardbee = teardown.add(await startGuardbee({ ...jwtSettings(server), GUARDBEE_LOG_LEVEL: 'debug' }), opened =>
      opened.destroy(),
    )
    door = {
      mqttPort: guardbee.mqttPort,
      websocketUrl: guardbee.listenerUrl('ws').href,
      token: await server.requestToken(),
    }
    workers = guardbee.startedWorkers.map(({ worker }) => worker)
    subscribers = await subscribeEachKind('early', 'interop/#')
  })

  after(() => teardown.run())

  async function subscribeEachKind(name: string, topicFilter: string): Promise<readonly Placed<Subscriber>[]> {
    const placed = INTEROP_CLIENTS.map((client, index) =>
      onEachWorker(
        guardbee,
        workers,
        `${name}-${index}`,
        async clientId => teardown.add(await client.subscribe(door, clientId, topicFilter), opened => opened.end()),
        subscriber => subscriber.end(),
      ),
    )
    return (await Promise.all(placed)).flat()
  }

  it('runs on two workers', () => {
    assert.equal(new Set(workers).size, 2)
  })

  for (const [index, client] of INTEROP_CLIENTS.entries()) {
    for (const qos of QOS_LEVELS) {
      it(`${client.name} reaches every kind of client on its own and on the other worker with QoS ${qos}`, async () => {
        const clientId = `publisher-${index}-${qos}`
        const topicName = `interop/${index}/${qos}`
        await client.publish(door, clientId, { topicName, payload: client.name, qos, retain: false })
        assert.ok(workers.includes(await guardbee.workerOf(clientId)))
        for (const { it: subscriber } of subscribers) {
          const message = await waitForDelivery(subscriber, topicName, received => received.topicName === topicName)
          assert.deepEqual(message, { topicName, payload: client.name, qos, retain: false })
        }
      })
    }

    it(`the will of ${client.name} reaches every kind of client on both workers`, async () => {
      const will = { topicName: `interop/will/${index}`, payload: 'gone', qos: 1, retain: false } as const
      const cut = await client.connectWithWill(door, `mortal-${index}`, will)
      cut()
      for (const { it: subscriber } of subscribers) {
        const message = await waitForDelivery(
          subscriber,
          will.topicName,
          received => received.topicName === will.topicName,
        )
        assert.deepEqual(message, will)
      }
    })
  }

  it('a retained message of each kind of client reaches new subscribers of every kind on both workers', async () => {
    const topicNames = await Promise.all(INTEROP_CLIENTS.map(publishRetained))
    const late = await subscribeEachKind('late', 'retained/#')
    for (const { it: subscriber } of late) {
      for (const topicName of topicNames) {
        const message = await waitForDelivery(subscriber, topicName, received => received.topicName === topicName)
        assert.deepEqual(message, { topicName, payload: 'kept', qos: 1, retain: true })
      }
    }
  })

  async function publishRetained(client: InteropClient, index: number): Promise<string> {
    const topicName = `retained/${index}`
    await client.publish(door, `retainer-${index}`, { topicName, payload: 'kept', qos: 1, retain: true })
    return topicName
  }

  it('no subscriber got a message twice', () => {
    for (const { it: subscriber } of subscribers) {
      const topicNames = subscriber.messages().map(({ topicName }) => topicName)
      assert.equal(new Set(topicNames).size, topicNames.length, `${subscriber.clientId}: ${topicNames.join(' ')}`)
    }
  })
})
