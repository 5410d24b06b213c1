import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { RedisStore } from '../../../../src/store/redis/redis-store.ts'
import {
  append,
  atLeastOnce,
  claim,
  claimOf,
  fill,
  gather,
  message,
  queued,
  staleEpoch,
  subscription,
  takeDue,
  unavailable,
  will,
} from '../../../contract/store-contract.ts'
import { RedisStores } from '../../../support/redis-stores.ts'
import { waitFor } from '../../../support/wait-for.ts'

const HOUR_MS = 3_600_000

let stores: RedisStores

before(async () => {
  stores = await RedisStores.start()
})

after(() => stores.stop())
afterEach(() => stores.clear())

async function cleaned(): Promise<void> {
  await waitFor('an empty store', async () => (await stores.keys()).length === 0)
}

function appendTo(store: RedisStore, text: string, ...clientIds: readonly string[]): Promise<unknown> {
  return store.queues.append(
    clientIds.map(clientId => ({ clientId, delivery: atLeastOnce })),
    message(text),
  )
}

describe('the keys of the Redis store', () => {
  it('are of a format that is known, or are left alone', async () => {
    await stores.admin.set('{test}:format', '2')
    await assert.rejects(stores.open(), {
      code: 'STORE_DAMAGED',
      message: /of format 2; this version reads and writes 1/,
    })
  })

  it('of two clusters in one Redis do not meet', async () => {
    const one = await stores.open()
    const other = await stores.open({ clusterName: 'other' })
    await claim(one)
    await append(one, 'm', 'c')
    assert.equal((await claim(other)).present, false)
    assert.deepEqual(await queued(other, 'c'), [])
  })

  it('take nothing more from a worker that was given up, which could wake nobody for it', async () => {
    const [dead, alive] = [await stores.open({ home: 'node/1' }), await stores.open({ home: 'node/2' })]
    await claim(alive, { clientId: 'away', home: 'node/2' })
    await appendTo(dead, 'in time', 'away')
    await alive.sessions.abandon('node/1', Date.now())
    await assert.rejects(appendTo(dead, 'too late', 'away'), staleEpoch)
    await appendTo(alive, 'of another', 'away')
    assert.deepEqual(await queued(alive, 'away'), [
      [1, 'in time'],
      [2, 'of another'],
    ])
  })

  it('hold a message once for many queues, and no longer than the last of them', async () => {
    const store = await stores.open()
    const clients = ['one', 'two', 'three']
    const claims = await Promise.all(clients.map(clientId => claim(store, { clientId })))
    await appendTo(store, 'shared', ...clients)
    const bodies = async (): Promise<number> => (await stores.keys()).filter(key => key.startsWith('body:')).length
    assert.equal(await bodies(), 1)
    const [one, two, three] = claims
    await store.queues.remove('one', one?.epoch ?? 0, [1])
    await store.sessions.end('two', two?.epoch ?? 0)
    await waitFor('the cleaning', async () => !(await stores.keys()).includes('trash'))
    assert.equal(await bodies(), 1)
    assert.deepEqual(await queued(store, 'three'), [[1, 'shared']])
    await store.queues.remove('three', three?.epoch ?? 0, [1])
    assert.equal(await bodies(), 0)
  })

  it('are all gone once a session is, however it ends', async () => {
    const store = await stores.open()
    const ends: readonly (() => Promise<unknown>)[] = [
      async () => store.sessions.end('c', (await claim(store)).epoch),
      async () => {
        const { epoch, dueWill } = await claim(store, { cleanStart: true })
        await store.sessions.settleDue('node/1', [dueWill?.ticket ?? 0])
        await store.sessions.end('c', epoch)
      },
      async () => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, { expiresAtMs: Date.now() + 1, willDueAtMs: undefined, sentUpTo: 0 })
        await takeDue(store, Date.now() + HOUR_MS, 10)
      },
      async () => {
        await store.sessions.abandon('node/1', Date.now())
        await takeDue(store, Date.now() + 2 * HOUR_MS, 10)
      },
    ]
    for (const [index, end] of ends.entries()) {
      const home = index === 3 ? 'node/1' : 'node/2'
      const { epoch } = await claim(store, { home, will: will('w', 5) })
      await fill(store, 'c', epoch)
      await appendTo(store, 'shared', 'c', 'c')
      await appendTo(store, 'x'.repeat(10_000), 'c')
      await store.queues.markReleased('c', epoch, 1)
      await end()
      await cleaned()
    }
  })

  it('of a session with 10,000 messages go in steps, each of which takes little time', async () => {
    const store = await stores.open({ limits: { queuedMessagesMax: 10_000 } })
    const { epoch } = await claim(store)
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => append(store, `m${index}`, 'c')))
    await store.sessions.end('c', epoch)
    assert((await stores.keys()).length > 0, 'the queue is still there when the session is not')
    assert.deepEqual(await queued(store, 'c'), [])
    await cleaned()
  })

  it('of retained messages that have expired are removed though nobody asks for them', async () => {
    const store = await stores.open()
    await store.retained.put(message('m', { expiresAtMs: Date.now() - 1 }))
    await takeDue(store, Date.now(), 1)
    await cleaned()
    assert.equal(await stores.admin.get('{test}:retained:bytes'), '0')
  })
})

describe('several workers at one Redis', () => {
  it('that claim a session at one moment end with one holder, and each but the first knows of the one before', async () => {
    const workers = await Promise.all([1, 2, 3].map(() => stores.open()))
    for (let round = 0; round < 50; round++) {
      const clientId = `c${round}`
      const results = await Promise.all(
        workers.map((store, index) => claim(store, { clientId, home: `node${index}/1` })),
      )
      const epochs = results.map(({ epoch }) => epoch)
      const newest = epochs.indexOf(Math.max(...epochs))
      assert.equal(results.filter(({ previousHome }) => previousHome === undefined).length, 1)
      for (const [index, store] of workers.entries()) {
        const write = store.sessions.markReceived(clientId, epochs[index] ?? 0, 1, true)
        if (index === newest) await write
        else await assert.rejects(write, staleEpoch)
      }
    }
  })

  it('append to one queue without losing a message or using a position twice', async () => {
    const workers = await Promise.all([1, 2, 3].map(() => stores.open()))
    const [first] = workers
    assert(first !== undefined)
    await claim(first)
    await Promise.all(
      workers.flatMap((store, w) => Array.from({ length: 200 }, (_, i) => append(store, `${w} ${i}`, 'c'))),
    )
    const found = await queued(first, 'c')
    assert.deepEqual(
      found.map(([position]) => position),
      Array.from({ length: 600 }, (_, index) => index + 1),
    )
    for (const [w] of workers.entries()) {
      const own = found.map(([, text]) => text).filter(text => text.startsWith(`${w} `))
      assert.deepEqual(
        own,
        Array.from({ length: 200 }, (_, i) => `${w} ${i}`),
      )
    }
  })
})

describe('the scripts of the Redis store', () => {
  it('are given again to a Redis that has forgotten them, and nothing changes places', async () => {
    const store = await stores.open()
    await claim(store)
    const texts: string[] = []
    for (let round = 0; round < 5; round++) {
      const some = Array.from({ length: 20 }, (_, index) => `${round} ${index}`)
      texts.push(...some)
      await Promise.all([...some.map(text => append(store, text, 'c')), stores.admin.script('FLUSH')])
    }
    assert.deepEqual(
      (await queued(store, 'c')).map(([, text]) => text),
      texts,
    )
  })

  it('list every subscription of a session that has very many', async () => {
    const store = await stores.open()
    const { epoch } = await claim(store)
    const filters = Array.from({ length: 3000 }, (_, index) => `f/${index}`)
    await store.subscriptions.put(
      'c',
      epoch,
      filters.map(filter => subscription(filter)),
    )
    const listed = await gather(store.subscriptions.all())
    assert.deepEqual(new Set(listed.map(({ subscription: { topicFilter } }) => topicFilter)), new Set(filters))
  })

  it('take nothing new at the memory limit of Redis, and still make room', async () => {
    const store = await stores.open()
    const { epoch } = await claim(store)
    await append(store, 'm', 'c')
    await stores.admin.config('SET', 'maxmemory', '1')
    try {
      await assert.rejects(appendTo(store, 'n', 'c'), { code: 'STORE_FULL' })
      await assert.rejects(store.retained.put(message('n')), { code: 'STORE_FULL' })
      assert.deepEqual(await queued(store, 'c'), [[1, 'm']])
      await store.queues.remove('c', epoch, [1])
      await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 0 })
      await store.sessions.end('c', epoch)
    } finally {
      await stores.admin.config('SET', 'maxmemory', '0')
    }
    await cleaned()
  })

  it('are refused with a clear error where a key is not what it should be', async () => {
    const store = await stores.open()
    await stores.admin.set('{test}:session:c', 'somebody else was here')
    await assert.rejects(store.sessions.claim(claimOf()), { ...unavailable, message: /WRONGTYPE|wrong kind/ })
  })
})
