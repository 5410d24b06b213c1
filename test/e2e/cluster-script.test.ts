import assert from 'node:assert/strict'
import { once } from 'node:events'
import { symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { describe, it } from 'node:test'
import { haproxyComplaints } from '../support/haproxy.ts'
import { runProgram, systemProgram } from '../support/programs.ts'
import type { ProgramEnd } from '../support/programs.ts'
import { makeTemporaryFolder } from '../support/temporary-folder.ts'

const REPOSITORY = path.resolve(import.meta.dirname, '../..')
const SCRIPT = path.join(REPOSITORY, 'scripts/cluster.sh')
const BASH = systemProgram('bash')

async function run(variables: Readonly<Record<string, string>>): Promise<ProgramEnd> {
  return await runProgram(BASH, [SCRIPT], { env: { ...process.env, ...variables } })
}

describe('scripts/cluster.sh', { timeout: 60_000 }, () => {
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

describe('docker/haproxy.cfg', () => {
  it('is a configuration that HAProxy takes', async () => {
    const complaints = await haproxyComplaints(path.join(REPOSITORY, 'docker/haproxy.cfg'))
    // The names of the containers are not known here; they are looked up once HAProxy runs.
    const others = complaints.filter(line => !line.includes('could not resolve address'))
    assert.deepEqual(others, [])
  })
})
