import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { warnOfEviction } from '../../../../src/store/redis/eviction.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { RedisServer } from '../../../support/redis-server.ts'

describe('the memory policy of Redis', () => {
  let server: RedisServer

  before(async () => {
    server = await RedisServer.start()
  })

  after(() => server.stop())

  async function warnings(): Promise<readonly string[]> {
    const redis = await server.connect()
    const log = new RecordingLog()
    await warnOfEviction(redis, log)
    redis.disconnect()
    return log.entries.filter(({ level }) => level === 'warn').map(({ fields }) => String(fields?.['policy']))
  }

  it('is warned of where it throws keys away', async () => {
    assert.deepEqual(await warnings(), [])
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    assert.deepEqual(await warnings(), ['allkeys-lru'])
  })

  it('is nothing to fail for where Redis does not say', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    await server.command('ACL', 'SETUSER', 'default', '-info')
    assert.deepEqual(await warnings(), [])
  })
})
