import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { onEachWorker } from '../support/on-each-worker.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess, StartedWorker } from '../support/guardbee-process.ts'
import type { TestClient } from '../support/mqtt-clients.ts'
import type { Placed } from '../support/on-each-worker.ts'

describe('a worker that is killed', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  let token: string

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    token = await server.requestToken()
    guardbee = teardown.add(await startGuardbee({ ...jwtSettings(server), GUARDBEE_LOG_LEVEL: 'debug' }), opened =>
      opened.destroy(),
    )
  })

  after(() => teardown.run())

  async function open(clientId: string): Promise<TestClient> {
    const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
    return teardown.add(await connectClient(url, { clientId, token }), ({ client }) => client.endAsync(true))
  }

  function clientOnEach(workers: readonly string[], name: string): Promise<readonly Placed<TestClient>[]> {
    return onEachWorker(guardbee, workers, name, open, ({ client }) => client.endAsync())
  }

  it('comes back, and clients of the other worker notice nothing', async () => {
    const atStart = guardbee.startedWorkers
    const [victim, survivor] = atStart
    assert.ok(victim !== undefined && survivor !== undefined && atStart.length === 2)
    const workers = atStart.map(({ worker }) => worker)
    const senders = await clientOnEach(workers, 'sender')
    const receivers = await clientOnEach(workers, 'receiver')
    const sender = clientOf(senders, survivor)
    const receiver = clientOf(receivers, survivor)
    await receiver.client.subscribeAsync('beat/#', { qos: 1 })

    // The beat goes on before, during and after the crash; each PUBLISH waits for its PUBACK.
    const over = new AbortController()
    let beats = 0
    const beat = (async () => {
      while (!over.signal.aborted) {
        beats += 1
        await sender.client.publishAsync(`beat/${beats}`, 'tick', { qos: 1 })
      }
    })()
    try {
      await receiver.waitForMessage('a beat before the crash', () => true)
      process.kill(victim.pid, 'SIGKILL')
      await waitFor('the client of the killed worker to be cut off', () => clientOf(receivers, victim).isClosed())
      const comeback = await waitFor('the worker to come back', () => startedSince(atStart))
      assert.notEqual(comeback.pid, victim.pid)
      const atComeback = beats
      await receiver.waitForMessage('a beat after the crash', message => message.topicName === `beat/${atComeback + 1}`)
    } finally {
      over.abort()
      await beat
    }

    await receiver.waitForMessage('the last beat', message => message.topicName === `beat/${beats}`)
    assert.equal(receiver.messages.length, beats, 'every beat exactly once')
    assert.ok(!sender.isClosed() && !receiver.isClosed())
  })

  it('takes clients again, and they reach those of the other worker', async () => {
    const comeback = guardbee.startedWorkers.at(-1)
    const survivor = guardbee.startedWorkers[1]
    assert.ok(comeback !== undefined && survivor !== undefined && guardbee.startedWorkers.length === 3)
    const placed = await clientOnEach([comeback.worker, survivor.worker], 'later')
    const [newcomer, old] = [clientOf(placed, comeback), clientOf(placed, survivor)]
    await old.client.subscribeAsync('from/comeback', { qos: 1 })
    await newcomer.client.subscribeAsync('to/comeback', { qos: 1 })
    await newcomer.client.publishAsync('from/comeback', 'here again', { qos: 1 })
    await old.client.publishAsync('to/comeback', 'welcome', { qos: 1 })
    await old.waitForMessage('a message of the new worker', ({ payload }) => payload === 'here again')
    await newcomer.waitForMessage('a message for the new worker', ({ payload }) => payload === 'welcome')
  })

  function startedSince(earlier: readonly StartedWorker[]): StartedWorker | undefined {
    return guardbee.startedWorkers.find(({ pid }) => earlier.every(worker => worker.pid !== pid))
  }
})

function clientOf(placed: readonly Placed<TestClient>[], { worker }: StartedWorker): TestClient {
  const found = placed.find(candidate => candidate.worker === worker)
  assert.ok(found !== undefined, `no client on worker ${worker}`)
  return found.it
}
