import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { makeRedisConnections } from '../../src/cluster/redis-connection.ts'
import { systemRandom } from '../../src/telemetry/system-random.ts'
import { deliver, payloads } from '../support/bus-worker.ts'
import { freePort } from '../support/free-port.ts'
import { startProgram, systemProgram } from '../support/programs.ts'
import { joinNodes, RedisNode, type RedisNodeOptions } from '../support/redis-bus-node.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Teardown } from '../support/teardown.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { TestAuthority } from '../support/test-certificates.ts'
import { writeAuthority, writeTlsFiles } from '../support/test-tls.ts'
import { waitFor } from '../support/wait-for.ts'

describe('RedisBus, by the ways to Redis', () => {
  const teardown = new Teardown()
  let folder: TemporaryFolder

  beforeEach(async () => {
    folder = teardown.add(await makeTemporaryFolder(), made => made.remove())
  })

  afterEach(() => teardown.run())

  async function startRedis(options: Readonly<Record<string, string | number>> = {}): Promise<RedisServer> {
    return teardown.add(await RedisServer.start(undefined, options), server => server.stop())
  }

  async function startEncrypted(): Promise<{
    readonly redis: RedisServer
    readonly port: number
    readonly caFile: string
  }> {
    const authority = TestAuthority.root()
    const { certificateFile, keyFile } = await writeTlsFiles(folder.path, authority)
    const caFile = await writeAuthority(folder.path, 'authority', authority)
    const port = await freePort()
    const tls = { 'tls-port': port, 'tls-cert-file': certificateFile, 'tls-key-file': keyFile }
    const redis = await startRedis({ ...tls, 'tls-ca-cert-file': caFile, 'tls-auth-clients': 'no' })
    return { redis, port, caFile }
  }

  async function exchange(options: Omit<RedisNodeOptions, 'self'>): Promise<void> {
    const [first, second] = await joinNodes(2, options)
    assert(first !== undefined && second !== undefined)
    teardown.add(first, node => node.bus.close())
    teardown.add(second, node => node.bus.close())
    first.bus.send(second.bus.self, deliver('by this way'))
    await waitFor('the frame', () => second.frames.length === 1)
    assert.deepEqual(payloads(second.frames), ['by this way'])
  }

  it('speaks TLS with the authority that it was given, as a user with a password, in a database of its own', async () => {
    const { redis, port, caFile } = await startEncrypted()
    await redis.command('ACL', 'SETUSER', 'bee', 'on', '>p@ss/word', '~hive*', '~{hive}*', '&hive*', '+@all')
    await redis.command('ACL', 'SETUSER', 'default', 'off')
    await exchange({ url: `rediss://bee:p%40ss%2Fword@127.0.0.1:${port}/3`, caFile, clusterName: 'hive' })
  })

  it('does not speak to a Redis for which no authority vouches', async () => {
    const { port } = await startEncrypted()
    const node = new RedisNode({ url: `rediss://127.0.0.1:${port}`, self: 'node-1/1' })
    teardown.add(node, opened => opened.bus.close())
    const joining = node.bus.join()
    await waitFor('it to notice', () => node.states.includes(false))
    assert.match(node.whys.join(' '), /certificate/)
    assert.deepEqual(node.bus.peers(), [])
    await node.bus.close()
    await joining
  })

  it('finds the master through Sentinels', async () => {
    const redis = await startRedis()
    const port = await freePort()
    const file = path.join(folder.path, 'sentinel.conf')
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${folder.path}`,
      `sentinel monitor main 127.0.0.1 ${redis.port} 1`,
    ]
    await writeFile(file, lines.join('\n'))
    teardown.add(startProgram(systemProgram('redis-server'), [file, '--sentinel']), program => program.destroy())
    await exchange({ url: `redis+sentinel://127.0.0.1:${port}/main` })
  })

  it('says which file of certificates cannot be read', () => {
    const settings = { redisUrl: 'rediss://127.0.0.1:1', redisCaFile: 'no-such-file.pem', deadAfterMs: 5000 }
    assert.throws(() => makeRedisConnections(settings, systemRandom), {
      code: 'CONFIGURATION',
      message: /REDIS_CA_FILE cannot be read: no-such-file/,
    })
  })
})
