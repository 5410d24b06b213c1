import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { IDisconnectPacket } from 'mqtt'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'
import type { GuardbeeProcess, GuardbeeSettings } from '../support/guardbee-process.ts'

const USE_ANOTHER_SERVER = 0x9c
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

  it('comes at once when it is asked for again, though clients have their time left', async () => {
    const guardbee = await startDraining({ GUARDBEE_DRAIN_DELAY_SECONDS: '600', GUARDBEE_DRAIN_SECONDS: '3600' })
    try {
      guardbee.program.kill('SIGTERM')
      await waitFor('the node not to be ready', async () => (await readiness(guardbee)) === 503)
      await waitFor('its end', () => {
        guardbee.program.kill('SIGTERM')
        return guardbee.program.hasEnded
      })
      const { status, stderr } = await guardbee.program.ended
      assert.equal(status, 1)
      assert.match(stderr, /Ended without waiting/)
      for (const { pid } of guardbee.startedWorkers) {
        await waitFor(`worker process ${pid} to be gone`, () => !isAlive(pid))
      }
    } finally {
      await guardbee.destroy()
    }
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
