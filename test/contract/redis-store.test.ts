import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { Cluster, type Redis } from 'ioredis'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { RedisStore, redisStoreConnection } from '../../src/store/redis/redis-store.ts'
import { FakeClock, FakeRandom } from '../support/fake-clock.ts'
import { freePort } from '../support/free-port.ts'
import { RecordingLog } from '../support/recording-log.ts'
import { RedisServer } from '../support/redis-server.ts'
import { waitFor } from '../support/wait-for.ts'
import type { OpenStore } from './store-contract.ts'
import { storeContract } from './store-suite.ts'

let stores = 0

/** Opens stores with clients of their own on a Redis that is emptied for each. */
function opener(admin: () => Redis, connect: () => Promise<Redis | Cluster>): OpenStore {
  return async limits => {
    await admin().flushall()
    const clock = new FakeClock()
    const log = new RecordingLog()
    const store = await RedisStore.open({
      redis: await connect(),
      clusterName: `cluster ${++stores}`,
      limits: limits ?? {},
      clock,
      random: new FakeRandom(stores),
      log,
      endOfTick: new EndOfTick(task => void setImmediate(task)),
    })
    const close = async (): Promise<void> => {
      await store.close()
      assert.deepEqual(log.errors, [])
    }
    return { store, clock, close }
  }
}

describe('on one Redis', () => {
  let server: RedisServer
  let admin: Redis

  before(async () => {
    server = await RedisServer.start(undefined, { appendonly: 'no' })
    admin = await server.connect()
  })

  after(async () => {
    admin.disconnect()
    await server.stop()
  })

  storeContract(
    'RedisStore',
    opener(
      () => admin,
      () => server.connect(redisStoreConnection),
    ),
    60,
  )
})

describe('on a Redis Cluster', () => {
  let server: RedisServer
  let admin: Redis

  before(async () => {
    server = await RedisServer.start(undefined, {
      appendonly: 'no',
      'cluster-enabled': 'yes',
      'cluster-announce-ip': '127.0.0.1',
      'cluster-port': await freePort(),
    })
    admin = await server.connect()
    await admin.cluster('ADDSLOTSRANGE', 0, 16_383)
    await waitFor('the cluster', async () => (await admin.cluster('INFO')).includes('cluster_state:ok'))
  })

  after(async () => {
    admin.disconnect()
    await server.stop()
  })

  const connect = async (): Promise<Cluster> => {
    const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }], {
      enableOfflineQueue: false,
      retryDelayOnFailover: 0,
      redisOptions: redisStoreConnection,
    })
    cluster.on('error', () => {})
    await waitFor('a connection to the cluster', () => cluster.status === 'ready')
    return cluster
  }

  storeContract(
    'RedisStore',
    opener(() => admin, connect),
    20,
  )
})
