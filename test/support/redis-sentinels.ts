import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { startProgram, systemProgram } from './programs.ts'
import { RedisServer } from './redis-server.ts'
import { Teardown } from './teardown.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const SENTINELS = 3
const QUORUM = 2
const DOWN_AFTER_MS = 1_000
const MASTER = 'test-master'

/** A real master with one replica and three Sentinels, on the loopback. */
export class RedisSentinels {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly #ports: readonly number[]
  readonly #teardown: Teardown

  private constructor(master: RedisServer, replica: RedisServer, ports: readonly number[], teardown: Teardown) {
    this.master = master
    this.replica = replica
    this.#ports = ports
    this.#teardown = teardown
  }

  /** Resolves when each Sentinel knows the replica and the other Sentinels. */
  static async start(): Promise<RedisSentinels> {
    const teardown = new Teardown()
    try {
      const master = teardown.add(await RedisServer.start(), server => server.stop())
      const replica = teardown.add(await RedisServer.start(), server => server.stop())
      await replica.command('REPLICAOF', '127.0.0.1', String(master.port))
      await waitFor('the replica to follow', async () =>
        String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      )
      const ports: number[] = []
      for (let count = 0; count < SENTINELS; count++) ports.push(await startSentinel(master.port, teardown))
      for (const port of ports) {
        await waitFor('a Sentinel to know the others', () => knows(port, 1, SENTINELS - 1))
      }
      return new RedisSentinels(master, replica, ports, teardown)
    } catch (error) {
      await teardown.run()
      throw error
    }
  }

  get url(): string {
    return `redis+sentinel://${this.#ports.map(port => `127.0.0.1:${port}`).join(',')}/${MASTER}`
  }

  /** Kills the master for good; resolves when the replica has taken its place. */
  async failOver(): Promise<void> {
    await this.master.kill()
    await waitFor('another master', async () => String(await this.replica.command('ROLE')).startsWith('master'))
  }

  async stop(): Promise<void> {
    await this.#teardown.run()
  }
}

async function startSentinel(masterPort: number, teardown: Teardown): Promise<number> {
  const folder = teardown.add(await makeTemporaryFolder(), opened => opened.remove())
  const port = await freePort()
  const file = path.join(folder.path, 'sentinel.conf')
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder.path}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${MASTER} ${5 * DOWN_AFTER_MS}`,
  ]
  await writeFile(file, lines.join('\n'))
  const program = startProgram(systemProgram('redis-server'), [file, '--sentinel'])
  teardown.add(program, running => running.destroy())
  return port
}

async function knows(port: number, replicas: number, sentinels: number): Promise<boolean> {
  const client = new Redis(port, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null })
  client.on('error', () => {}) // it is not there yet, which the answer says as well
  try {
    await client.connect()
    const [known, others] = await Promise.all([
      client.call('SENTINEL', 'REPLICAS', MASTER),
      client.call('SENTINEL', 'SENTINELS', MASTER),
    ])
    return Array.isArray(known) && known.length === replicas && Array.isArray(others) && others.length === sentinels
  } catch {
    return false
  } finally {
    client.disconnect()
  }
}
