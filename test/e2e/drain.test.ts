import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { IDisconnectPacket } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { freePort } from '../support/free-port.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { startHaproxyWith } from '../support/haproxy.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { Teardown } from '../support/teardown.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../support/guardbee-process.ts'

const USE_ANOTHER_SERVER = 0x9c
const HAPROXY_CFG = path.resolve(import.meta.dirname, '../../docker/haproxy.cfg')
const BEHIND_HAPROXY: GuardbeeSettings = {
  GUARDBEE_WORKERS: '1',
  GUARDBEE_LOG_LEVEL: 'debug',
  GUARDBEE_MQTT_PROXY_PROTOCOL: 'on',
  GUARDBEE_WS_PROXY_PROTOCOL: 'on',
  GUARDBEE_TRUSTED_PROXIES: '127.0.0.1',
}
const SERVER_REFERENCE = 'mqtt2.example.com:1883'

describe('the end of a node behind a balancer', { timeout: 120_000 }, () => {
  let server: AuthorizationServer
  let token: string

  before(async () => {
    server = await startAuthorizationServer()
    token = await server.requestToken()
  })

  after(() => server.close())

  async function startDraining(settings: GuardbeeSettings): Promise<GuardbeeProcess> {
    return await startGuardbee({ ...jwtSettings(server), ...settings })
  }

  async function readiness(guardbee: GuardbeeProcess): Promise<number> {
    const admin = String(guardbee.eventsNamed('guardbee started')[0]?.fields['admin'])
    return (await fetch(`${admin}/readyz`)).status
  }

  it('is not ready at once, takes clients for the delay, then sends all of them elsewhere', async () => {
    const guardbee = await startDraining({
      GUARDBEE_DRAIN_DELAY_SECONDS: '5',
      GUARDBEE_DRAIN_SECONDS: '1',
      GUARDBEE_DRAIN_REASON: 'use-another-server',
      GUARDBEE_DRAIN_SERVER_REFERENCE: SERVER_REFERENCE,
    })
    try {
      const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
      assert.equal(await readiness(guardbee), 200)
      const early = await connectClient(url, { clientId: 'early', token })
      const disconnects: IDisconnectPacket[] = []
      early.client.on('disconnect', packet => disconnects.push(packet))

      guardbee.program.kill('SIGTERM')
      await waitFor('the node not to be ready', async () => (await readiness(guardbee)) === 503)
      const late = await connectClient(url, { clientId: 'late', token })
      const old = await connectClient(url, { clientId: 'old', token, version: 4 })
      await early.client.publishAsync('still', 'works', { qos: 1 })

      assert.equal((await guardbee.program.ended).status, 0)
      const clients = [early, late, old]
      await waitFor('all clients to be closed', () => clients.every(client => client.isClosed()))
      assert.deepEqual(
        clients.map(client => client.disconnectReason()),
        [USE_ANOTHER_SERVER, USE_ANOTHER_SERVER, undefined],
      )
      assert.equal(disconnects[0]?.properties?.serverReference, SERVER_REFERENCE)
      await assert.rejects(connectClient(url, { clientId: 'too-late', token }))
    } finally {
      await guardbee.destroy()
    }
  })

  it('gets no more clients from HAProxy with docker/haproxy.cfg, though it still takes them', async () => {
    const teardown = new Teardown()
    const startNode = async (): Promise<GuardbeeProcess> => {
      const settings = { ...BEHIND_HAPROXY, GUARDBEE_DRAIN_DELAY_SECONDS: '600' }
      return teardown.add(await startDraining(settings), endAtOnce)
    }
    try {
      const [leaving, staying] = [await startNode(), await startNode()]
      const [mqttPort, wsPort] = [await freePort(), await freePort()]
      const binds = { MQTT_BIND: `127.0.0.1:${mqttPort}`, WS_BIND: `127.0.0.1:${wsPort}` }
      const variables = { ...binds, ...nodeVariables(1, leaving), ...nodeVariables(2, staying) }
      const starting = startHaproxyWith(HAPROXY_CFG, variables, [mqttPort, wsPort])
      const haproxy = teardown.add(await starting, opened => opened.destroy())
      let clients = 0
      const connectBoth = async (): Promise<void> => {
        for (const url of [`mqtt://127.0.0.1:${mqttPort}`, `ws://127.0.0.1:${wsPort}/mqtt`]) {
          await connectClient(url, { clientId: `client-${++clients}`, token })
        }
      }
      const clientsOf = (node: GuardbeeProcess): number => node.eventsNamed('client connected').length
      await waitFor('clients at both nodes', async () => {
        await connectBoth()
        return clientsOf(leaving) > 0 && clientsOf(staying) > 0
      })

      leaving.program.kill('SIGTERM')
      for (const section of ['mqtt', 'websocket']) {
        await waitFor('HAProxy to notice', () => haproxy.stderr.includes(`Server ${section}/node-1 is DOWN`))
      }
      const clientsBefore = clientsOf(leaving)
      for (let round = 0; round < 5; round++) await connectBoth()
      await waitFor('all clients to be counted', () => clientsOf(leaving) + clientsOf(staying) === clients)
      assert.equal(clientsOf(leaving), clientsBefore)
    } finally {
      await teardown.run()
    }
  })

  it('comes at once when it is asked for again, though clients have their time left', async () => {
    const guardbee = await startDraining({ GUARDBEE_DRAIN_DELAY_SECONDS: '600', GUARDBEE_DRAIN_SECONDS: '3600' })
    try {
      guardbee.program.kill('SIGTERM')
      await waitFor('the node not to be ready', async () => (await readiness(guardbee)) === 503)
      await waitFor('its end', () => {
        guardbee.program.kill('SIGTERM')
        return guardbee.program.hasEnded
      })
      const { status, signal, stderr } = await guardbee.program.ended
      // The last of the signals may have met a process that listened no more.
      assert.ok(status === 1 || signal === 'SIGTERM', `status ${status}, signal ${signal}`)
      assert.match(stderr, /Ended without waiting/)
      for (const { pid } of guardbee.startedWorkers) {
        await waitFor(`worker process ${pid} to be gone`, () => !isAlive(pid))
      }
    } finally {
      await guardbee.destroy()
    }
  })
})

/** The variables of docker/haproxy.cfg that say where a node is. */
function nodeVariables(number: number, node: GuardbeeProcess): Record<string, string> {
  const admin = new URL(String(node.eventsNamed('guardbee started')[0]?.fields['admin']))
  return {
    [`NODE_${number}`]: '127.0.0.1',
    [`MQTT_PORT_${number}`]: String(node.mqttPort),
    [`WS_PORT_${number}`]: node.listenerUrl('ws').port,
    [`ADMIN_PORT_${number}`]: admin.port,
  }
}

/** Ends a node that would still wait for a balancer. */
async function endAtOnce(node: GuardbeeProcess): Promise<void> {
  node.program.kill('SIGKILL')
  await node.program.ended
  await node.destroy()
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
