import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import {
  append,
  atLeastOnce,
  claim,
  claimOf,
  message,
  queued,
  takeDue,
  unavailable,
  will,
} from '../../../contract/store-contract.ts'
import { CuttingProxy } from '../../../support/cutting-proxy.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RedisServer } from '../../../support/redis-server.ts'
import { RedisStores } from '../../../support/redis-stores.ts'
import { waitFor } from '../../../support/wait-for.ts'

const away = { name: 'BrokerError', code: 'STORE_AWAY' } as const
const target = [{ clientId: 'c', delivery: atLeastOnce }]

let stores: RedisStores

before(async () => {
  stores = await RedisStores.start({ appendonly: 'yes', appendfsync: 'always', 'repl-diskless-sync-delay': '0' })
})

after(() => stores.stop())
afterEach(() => stores.clear())

describe('a store whose Redis', () => {
  it('did what it was asked and could not say so does it once', async () => {
    const proxy = await CuttingProxy.start(stores.server.port)
    try {
      const store = await stores.open({ port: proxy.port })
      const { epoch } = await claim(store, { clientId: 'publisher' })
      await claim(store)
      for (let round = 1; round <= 5; round++) {
        const swallowed = proxy.swallowAnswer()
        const appended = store.queues.append(target, message(`m${round}`), {
          clientId: 'publisher',
          epoch,
          packetId: round,
        })
        await swallowed
        proxy.cut()
        assert.deepEqual(await appended, { wakes: [{ clientId: 'c', home: 'node/1' }], dropped: 0 })
      }
      assert.deepEqual(
        (await queued(store, 'c')).map(([, text]) => text),
        ['m1', 'm2', 'm3', 'm4', 'm5'],
      )
      assert.equal((await claim(store, { clientId: 'publisher' })).receivedPacketIds.length, 5)
    } finally {
      await proxy.close()
    }
  })

  it('breaks the connection tells so to a claim, which is not made twice', async () => {
    const proxy = await CuttingProxy.start(stores.server.port)
    try {
      const store = await stores.open({ port: proxy.port })
      const first = await claim(store)
      const swallowed = proxy.swallowAnswer()
      const lost = assert.rejects(store.sessions.claim(claimOf()), away)
      await swallowed
      proxy.cut()
      await lost
      const again = await waitFor('a connection', () => claim(store).catch(() => undefined))
      assert.equal(again.epoch, first.epoch + 2)
    } finally {
      await proxy.close()
    }
  })

  it('has given out a will, which nobody heard of, gives the same will again', async () => {
    const proxy = await CuttingProxy.start(stores.server.port)
    try {
      const store = await stores.open({ port: proxy.port })
      const { epoch } = await claim(store, { will: will('w', 0) })
      await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: Date.now(), sentUpTo: 0 })
      const swallowed = proxy.swallowAnswer()
      const taking = takeDue(store, Date.now(), 10)
      await swallowed
      proxy.cut()
      const [taken] = await taking
      assert.equal(taken?.will?.message.payload.toString(), 'w')
      assert.deepEqual(await takeDue(store, Date.now(), 10), [])
    } finally {
      await proxy.close()
    }
  })

  it('is closed stores what was appended before', async () => {
    const store = await stores.open()
    await claim(store)
    const appended = Array.from({ length: 2000 }, (_, index) => append(store, `m${index}`, 'c'))
    await store.close()
    await Promise.all(appended)
    assert.equal(await stores.admin.zcard('{test}:queue:1'), 1000)
  })

  it('is away holds back what may be repeated, in its order, and refuses claims at once', async () => {
    const store = await stores.open()
    const { epoch } = await claim(store)
    const leaving = await claim(store, { clientId: 'leaving' })
    await append(store, 'before', 'c')
    await stores.server.kill()
    const appended = ['one', 'two', 'three'].map(text => store.queues.append(target, message(text)))
    const removed = store.queues.remove('c', epoch, [1])
    const release = { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 0 }
    const released = store.sessions.release('leaving', leaving.epoch, release)
    const marked = store.sessions.markReceived('c', epoch, 1, true)
    const read = store.queues.read('c', 0, 10)
    const retained = ['earlier', 'later'].map(text => store.retained.put(message(text)))
    await assert.rejects(store.sessions.claim(claimOf({ clientId: 'new' })), away)
    await stores.server.restart()
    for (const { dropped } of await Promise.all(appended)) assert.equal(dropped, 0)
    await Promise.all([marked, read, ...retained])
    for await (const page of store.retained.match('a/b', 0)) {
      assert.deepEqual(
        page.map(({ payload }) => payload.toString()),
        ['later'],
      )
    }
    await removed
    await released
    assert.deepEqual(
      (await queued(store, 'c')).map(([, text]) => text),
      ['one', 'two', 'three'],
    )
    const back = await claim(store, { clientId: 'leaving', home: 'node/2' })
    assert.deepEqual([back.present, back.previousHome], [true, undefined])
  })

  it('stays away tells the publisher after ten minutes that its message is not safe', async () => {
    const clock = new FakeClock()
    const store = await stores.open({ clock })
    await claim(store)
    await stores.server.kill()
    let refused: unknown
    const appended = store.queues.append(target, message('m')).catch((error: unknown) => (refused = error))
    let waited = 0
    while (refused === undefined) {
      await waitFor('the next attempt', () => clock.pendingTimers > 0 || refused !== undefined)
      clock.advance(10_000)
      waited += 10_000
    }
    await appended
    assert.equal(refused instanceof Error && 'code' in refused && refused.code, 'STORE_AWAY')
    assert(waited >= 600_000 && waited <= 620_000, `${waited} ms`)
    await stores.server.restart()
  })

  it('hangs is given up, and asked again when it goes on', async () => {
    const store = await stores.open({ connection: { socketTimeout: 300 } })
    await claim(store)
    stores.server.signal('SIGSTOP')
    const appended = store.queues.append(target, message('m'))
    await assert.rejects(store.sessions.claim(claimOf({ clientId: 'new' })), away)
    stores.server.signal('SIGCONT')
    await appended
    assert.deepEqual(await queued(store, 'c'), [[1, 'm']])
  })
})

describe('a store that waits for replicas', () => {
  it('acknowledges what a replica has, and says that it is not safe where none has it', async () => {
    const replica = await RedisServer.start(undefined, { replicaof: `127.0.0.1 ${stores.server.port}` })
    try {
      await waitFor('the replica', async () => (await stores.admin.info('replication')).includes('state=online'))
      const store = await stores.open({ waitReplicas: 1 })
      const { epoch } = await claim(store)
      await store.queues.append(target, message('safe'))
      replica.signal('SIGSTOP')
      await assert.rejects(store.queues.append(target, message('unsafe')), unavailable)
      await assert.rejects(store.retained.put(message('unsafe')), unavailable)
      assert.equal((await store.queues.read('c', 0, 10)).length, 2, 'what is only read does not wait')
      replica.signal('SIGCONT')
      await store.sessions.markReceived('c', epoch, 1, true)
    } finally {
      await replica.stop()
    }
  })
})
