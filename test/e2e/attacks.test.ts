import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { withFlippedSignature } from '../support/forged-tokens.ts'
import { freePort } from '../support/free-port.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { refusedConnect } from '../support/raw-connect.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess } from '../support/guardbee-process.ts'

const NOT_AUTHORIZED: Readonly<Record<4 | 5, number>> = { 4: 5, 5: 0x87 }
const OVER_BUDGET: Readonly<Record<4 | 5, number>> = { 4: 3, 5: 0x9f }
/** More than a minute's worth. */
const FLOOD = 200
const AT_ONCE = 10

describe('a broker under attack', { timeout: 120_000 }, () => {
  const teardown = new Teardown()
  let server: AuthorizationServer
  let guardbee: GuardbeeProcess
  let adminPort: number
  let good: string

  before(async () => {
    server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    adminPort = await freePort()
    const settings = {
      GUARDBEE_WORKERS: '1',
      GUARDBEE_ADMIN_PORT: String(adminPort),
      GUARDBEE_AUTH_FAILURES_PER_ADDRESS: '1',
    }
    guardbee = teardown.add(await startGuardbee({ ...jwtSettings(server), ...settings }), opened => opened.destroy())
    good = await server.mint()
  })

  after(() => teardown.run())

  it('answers a flood of forged tokens with 0x9F, or 3 in MQTT 3, while those who are known get in and messages go on', async () => {
    const url = guardbee.listenerUrl('mqtt').href
    const subscriber = await connectClient(url, { clientId: 'subscriber', token: good })
    const received: string[] = []
    subscriber.client.on('message', (_topic, payload) => received.push(payload.toString()))
    await subscriber.client.subscribeAsync('t', { qos: 1 })

    const codes = { 4: await flood(4), 5: await flood(5) }
    assert.deepEqual(new Set(codes[4]), new Set([NOT_AUTHORIZED[4], OVER_BUDGET[4]]))
    assert.ok(codes[5].includes(OVER_BUDGET[5]))
    const versions = [4, 5] as const
    const expected = versions.reduce((sum, v) => sum + codes[v].filter(code => code === OVER_BUDGET[v]).length, 0)
    const again = await connectClient(url, { clientId: 'publisher', token: good })
    await again.client.publishAsync('t', 'still here', { qos: 1 })
    await waitFor('the message', () => received.includes('still here'))

    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text()
    const counted = Number(/^guardbee_connects_over_budget_total (\d+)$/m.exec(metrics)?.[1])
    assert.equal(counted, expected)
    assert.equal(guardbee.eventsNamed('too many bad tokens or passwords from one address').length, 1)
    const told = guardbee.eventsNamed('client refused').length
    assert.equal(told, 2 * FLOOD - expected)
    await Promise.all([subscriber.client.endAsync(), again.client.endAsync()])
  })

  it('has no token of the flood in its logs', async () => {
    await guardbee.stop()
    assert.ok(!(await guardbee.allOutput()).includes(good.slice(good.lastIndexOf('.') + 1, -30)))
  })

  async function flood(version: 4 | 5): Promise<readonly number[]> {
    const codes: number[] = []
    const lane = async (number: number): Promise<void> => {
      for (let at = number; at < FLOOD; at += AT_ONCE) {
        const packet = credentials(`flood-${at}`, withFlippedSignature(await server.mint()), version)
        codes.push((await refusedConnect(guardbee.mqttPort, packet)).code)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, (_, number) => lane(number)))
    return codes
  }

  function credentials(clientId: string, password: string, version: 4 | 5) {
    return { clientId, version, username: 'u', password }
  }
})

describe('a process that ends at an error of its own', { timeout: 120_000 }, () => {
  const teardown = new Teardown()

  after(() => teardown.run())

  it('says so in a line of its log, without the token in it', async () => {
    const server = teardown.add(await startAuthorizationServer(), opened => opened.close())
    const token = await server.mint()
    const guardbee = teardown.add(await startGuardbee(jwtSettings(server), 'start', failing(token)), opened =>
      opened.destroy(),
    )
    const [worker] = guardbee.startedWorkers
    assert.ok(worker !== undefined)
    process.kill(worker.pid, 'SIGUSR2')
    const last = await guardbee.waitForEvent('the process ends at an error that nobody caught')
    assert.match(String(last.fields['process']), /^worker [12]$/)
    await waitFor('the worker to come back', () => guardbee.startedWorkers.length === 3)
    process.kill(guardbee.program.pid, 'SIGUSR2')
    const { status } = await guardbee.program.ended
    assert.equal(status, 1)
    assert.equal(guardbee.eventsNamed(last.event).at(-1)?.fields['process'], 'primary')
    assert.equal(guardbee.program.stderr, '')
    assert.ok(!(await guardbee.allOutput()).includes(token.slice(token.lastIndexOf('.'))))
  })

  /** A script that fails at a signal, with the token wherever an error may have it. */
  function failing(token: string): string {
    return `process.on('SIGUSR2', () => {
      const token = '${token}'
      throw Object.assign(new Error('bad: ' + token, { cause: { token } }), { command: { args: [token] } })
    })`
  }
})
