import assert from 'node:assert/strict'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, it } from 'node:test'
import { connectTcp } from '../support/byte-clients.ts'
import { freePort } from '../support/free-port.ts'
import { haproxyComplaints } from '../support/haproxy.ts'
import { connectClient } from '../support/mqtt-clients.ts'
import { runProgram, startProgram, systemProgram } from '../support/programs.ts'
import type { ProgramEnd } from '../support/programs.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const SCRIPT = path.join(REPOSITORY, 'scripts/cluster.sh')
const BASH = systemProgram('bash')

async function run(variables: Readonly<Record<string, string>>): Promise<ProgramEnd> {
  return await runProgram(BASH, [SCRIPT], { env: { ...process.env, ...variables } })
}

describe('scripts/cluster.sh', { timeout: 60_000 }, () => {
  it('starts a cluster that clients reach through HAProxy, and stops all of it on Ctrl-C', async () => {
    const variables = await freePorts()
    const script = startProgram(systemProgram('bash'), [SCRIPT], {
      env: { ...process.env, ...variables, WORKERS: '1' },
    })
    try {
      await script.waitForOutput('Ctrl-C stops everything.')
      const token = await devToken(Number(variables.ISSUER_PORT))
      const mqtt = `mqtt://127.0.0.1:${variables.MQTT_PORT}`
      const subscriber = await connectClient(mqtt, { clientId: 'subscriber', token })
      await subscriber.client.subscribeAsync('across/#', { qos: 1 })
      const publishers = [mqtt, mqtt, mqtt, `ws://127.0.0.1:${variables.WS_PORT}/mqtt`]
      for (const [index, url] of publishers.entries()) {
        const publisher = await connectClient(url, { clientId: `publisher-${index}`, token })
        await publisher.client.publishAsync('across/nodes', String(index), { qos: 1 })
      }
      await waitFor('all messages', () => subscriber.messages.length === publishers.length)

      script.kill('SIGINT')
      assert.equal((await script.ended).status, 0)
      await waitFor('the end of the subscriber', () => subscriber.isClosed())
      for (const port of Object.values(variables)) await assert.rejects(connectTcp(Number(port)), `port ${port}`)
    } finally {
      if (!script.hasEnded) script.kill('SIGTERM')
      await script.ended
    }
  })

  it('names a port that is in use, and starts nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    const { status, stdout, stderr } = await run({ MQTT_PORT: String(address.port) })
    server.close()
    assert.equal(status, 1)
    assert.equal(stderr, `cluster.sh: port ${address.port} is in use; give another with MQTT_PORT\n`)
    assert.equal(stdout, '')
  })

  for (const port of ['', '0', '65536', 'mqtt', '08', '1;2']) {
    it(`takes ${JSON.stringify(port)} for no port`, async () => {
      const { status, stderr } = await run({ REDIS_PORT: port || ' ', MQTT_PORT: '1' })
      assert.equal(status, 1)
      assert.match(stderr, /^cluster\.sh: REDIS_PORT=.* is no port\n$/)
    })
  }

  it('names a program that is missing, and the packages that bring it', async () => {
    const folder = await makeTemporaryFolder()
    await symlink(systemProgram('dirname'), path.join(folder.path, 'dirname'))
    const { status, stderr } = await run({ PATH: folder.path })
    await folder.remove()
    assert.equal(status, 1)
    assert.match(stderr, /^cluster\.sh: redis-server is missing: sudo apt-get install .*redis-server/)
  })
})

/** Ports that nobody listens on; those of the nodes lie side by side. */
async function freePorts(): Promise<
  Readonly<Record<'MQTT_PORT' | 'WS_PORT' | 'REDIS_PORT' | 'ISSUER_PORT' | 'NODE_PORTS', string>>
> {
  const [mqtt, ws, redis, issuer] = [await freePort(), await freePort(), await freePort(), await freePort()]
  return {
    MQTT_PORT: String(mqtt),
    WS_PORT: String(ws),
    REDIS_PORT: String(redis),
    ISSUER_PORT: String(issuer),
    NODE_PORTS: String(await freePortRange(9)),
  }
}

/** The first of `count` free ports in a row, below those that the system gives out by itself. */
async function freePortRange(count: number): Promise<number> {
  for (let first = 21_000; first < 32_000; first += count) {
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const taken = await Promise.all(ports.map(isTaken))
    if (!taken.includes(true)) return first
  }
  throw new Error('no ports are free')
}

async function isTaken(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return false
  } catch {
    return true
  } finally {
    server.close()
  }
}

async function devToken(port: number): Promise<string> {
  const headers = { Authorization: `Basic ${Buffer.from('device-1:device-1-secret').toString('base64')}` }
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const answer: unknown = await (
    await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', headers, body })
  ).json()
  assert.ok(typeof answer === 'object' && answer !== null && 'access_token' in answer)
  return String(answer.access_token)
}

describe('docker/haproxy.cfg', () => {
  it('is a configuration that HAProxy takes', async () => {
    const complaints = await haproxyComplaints(path.join(REPOSITORY, 'docker/haproxy.cfg'))
    // The names of the containers are not known here; they are looked up once HAProxy runs.
    const others = complaints.filter(line => !line.includes('could not resolve address'))
    assert.deepEqual(others, [])
  })
})
