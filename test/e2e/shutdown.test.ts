import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { startGuardbee } from '../support/guardbee-process.ts'
import { jwtSettings } from '../support/jwt-settings.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { waitFor } from '../support/wait-for.ts'
import type { AuthorizationServer } from '../support/authorization-server.ts'

const SERVER_SHUTTING_DOWN = 0x8b
const CLIENTS = 8

describe('shutdown', { timeout: 60_000 }, () => {
  let server: AuthorizationServer

  before(async () => {
    server = await startAuthorizationServer()
  })

  after(() => server.close())

  it('SIGTERM tells MQTT 5 clients with 0x8B, closes all and ends with status 0', async () => {
    const guardbee = await startGuardbee(jwtSettings(server))
    try {
      const url = `mqtt://127.0.0.1:${guardbee.mqttPort}`
      const token = await server.requestToken()
      const versions = Array.from({ length: CLIENTS }, (_, index) => (index % 2 === 0 ? 5 : 4))
      const clients = await Promise.all(
        versions.map((version, index) => connectClient(url, { clientId: `client-${index}`, token, version })),
      )

      const { status, signal } = await guardbee.stop()

      assert.deepEqual({ status, signal }, { status: 0, signal: null })
      await waitFor('all clients to be closed', () => clients.every(client => client.isClosed()))
      assert.deepEqual(
        clients.map(client => client.disconnectReason()),
        versions.map(version => (version === 5 ? SERVER_SHUTTING_DOWN : undefined)),
      )
      for (const { pid } of guardbee.startedWorkers) {
        assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, `worker process ${pid} is still there`)
      }
    } finally {
      await guardbee.destroy()
    }
  })

  it('SIGINT ends it as well', async () => {
    const guardbee = await startGuardbee(jwtSettings(server))
    try {
      guardbee.program.kill('SIGINT')
      const { status } = await guardbee.program.ended
      assert.equal(status, 0)
    } finally {
      await guardbee.destroy()
    }
  })
})
