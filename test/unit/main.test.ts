import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, it } from 'node:test'
import { freePort } from '../support/free-port.ts'
import { waitFor } from '../support/wait-for.ts'

const MAIN = path.resolve(import.meta.dirname, '../../src/main.ts')

/** The environment without settings, and without what makes a child report to the test runner. */
function bareEnvironment(): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GUARDBEE_') && name !== 'NODE_TEST_CONTEXT',
  )
  return Object.fromEntries(others)
}

describe('main', () => {
  it('ends with the status of its command', () => {
    const version = spawnSync(process.execPath, [MAIN, 'version'], { env: bareEnvironment(), encoding: 'utf8' })
    assert.deepEqual([version.status, version.stderr], [0, ''])
    const start = spawnSync(process.execPath, [MAIN, 'start'], { env: bareEnvironment(), encoding: 'utf8' })
    assert.deepEqual([start.status, start.stdout], [2, ''])
  })

  it('stays alive while it waits for its issuer, and ends at a signal', async () => {
    const issuer = `http://127.0.0.1:${await freePort()}`
    const env = {
      ...bareEnvironment(),
      GUARDBEE_MQTT_PORT: '0',
      GUARDBEE_WS_PORT: '0',
      GUARDBEE_ADMIN_PORT: '',
      GUARDBEE_JWT_ISSUER: issuer,
    }
    const child = spawn(process.execPath, [MAIN, 'start'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    const ended = once(child, 'exit')
    await waitFor('the second try', () => output.split('issuer cannot be looked up yet').length > 2)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
  })
})
