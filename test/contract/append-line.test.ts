import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { BrokerError } from '../../src/core/errors.ts'
import type { Message } from '../../src/core/message.ts'
import { PartlyRefused, refusalOf } from '../../src/core/partly-refused.ts'
import type { AppendResult, QueueAppend, Store } from '../../src/ports/store.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { EmbeddedStore, type EmbeddedStoreLimits } from '../../src/store/embedded/embedded-store.ts'
import { openFsDataFolder } from '../../src/store/embedded/fs-data-folder.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { StoreClient } from '../../src/store/store-client.ts'
import { StoreServer, type StoreServerOptions } from '../../src/store/store-server.ts'
import { FakeClock, FakeRandom } from '../support/fake-clock.ts'
import { appendingByLine } from '../support/line-store.ts'
import { RecordingLog } from '../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { atLeastOnce, claim, message, queued } from './store-contract.ts'
import { storeContract } from './store-suite.ts'

type Limits = Partial<EmbeddedStoreLimits> | undefined

interface Served {
  readonly store: Store
  readonly clock: FakeClock
  close(): Promise<void>
}

let folder: TemporaryFolder
let opened = 0

before(async () => {
  folder = await makeTemporaryFolder()
})

after(() => folder.remove())

/** A store as a worker has it. */
async function serve(kind: 'memory' | 'disk', limits?: Limits): Promise<Served> {
  const clock = new FakeClock()
  const log = new RecordingLog()
  const endOfTick = new EndOfTick(task => void setImmediate(task))
  const place = path.join(folder.path, String(++opened))
  const shared = { clock, log, slabs: new SlabPool(), endOfTick, socketPath: `${place}.sock` }
  const kept = kind === 'memory' ? { store: new MemoryStore(clock, limits) } : await onDisk()
  const server = await StoreServer.open({ ...shared, ...kept })
  const store = await StoreClient.open(shared)
  const close = async (): Promise<void> => {
    await store.close()
    await server.close()
    await kept.store.close()
    assert.deepEqual(log.errors, [])
  }
  return { store, clock, close }

  async function onDisk(): Promise<{ store: Store } & Pick<StoreServerOptions, 'appends' | 'reads'>> {
    const embedded = await EmbeddedStore.open({
      folder: await openFsDataFolder(place),
      durability: 'os',
      limits: { reserveBytes: 4096, ...limits },
      clock,
      random: new FakeRandom(),
      log,
      endOfTick,
    })
    return { store: embedded, appends: embedded.queues, reads: embedded.reads }
  }
}

for (const kind of ['memory', 'disk'] as const) {
  storeContract(
    `appends by way of a line to a store ${kind === 'memory' ? 'in memory' : 'on disk'}`,
    async limits => {
      const { store, clock, close } = await serve(kind, limits)
      return { store: appendingByLine(store), clock, close }
    },
    30,
  )
}

function toClients(text: string, ...clientIds: string[]): QueueAppend & { readonly text: string } {
  return { text, targets: clientIds.map(clientId => ({ clientId, delivery: atLeastOnce })), message: message(text) }
}

describe('a line of appends', () => {
  it('stores in order, tells of each before it resolves, and gives one promise to all of a tick', async () => {
    const { store, close } = await serve('disk')
    await claim(store, { clientId: 'a' })
    await claim(store, { clientId: 'b' })
    const told: string[] = []
    const line = store.queues.openLine?.<ReturnType<typeof toClients>>(({ text }) => told.push(text))
    const texts = Array.from({ length: 500 }, (_, index) => `m${index}`)
    const promises = texts.map((text, index) => line?.add(toClients(text, index % 3 === 0 ? 'a' : 'b')))
    assert.equal(new Set(promises).size, 1)
    await promises[0]
    assert.deepEqual(told, texts)
    const stored = [...(await queued(store, 'a')), ...(await queued(store, 'b'))]
    assert.deepEqual(stored.map(([, text]) => text).toSorted(), texts.toSorted())
    await close()
  })

  it('hands a message over where its client has read all before it and takes more', async () => {
    const { store, close } = await serve('disk')
    const { epoch } = await claim(store)
    const results: AppendResult[] = []
    const line = store.queues.openLine?.((_append, result) => results.push(result))
    const add = async (text: string): Promise<number | undefined> => {
      await line?.add(toClients(text, 'c'))
      return results.pop()?.wakes[0]?.position
    }
    assert.equal(await add('unread'), undefined)
    await store.queues.read('c', 0, 3)
    assert.equal(await add('taken'), 2)
    assert.equal(await add('taken too'), 3)
    assert.equal(await add('too many'), undefined)
    await store.queues.remove('c', epoch, [1, 2])
    assert.equal(await add('after one that was not read'), undefined)
    await store.queues.read('c', 3, 10)
    assert.equal(await add('taken again'), 6)
    await claim(store)
    assert.equal(await add('for another connection'), undefined)
    await close()
  })

  it('is not the only way to hand over: an append with the mark of its publisher does too', async () => {
    const { store, close } = await serve('disk')
    const { epoch } = await claim(store, { clientId: 'publisher' })
    await claim(store)
    const { targets, message: body } = toClients('m', 'c')
    await store.queues.append(targets, body, { clientId: 'publisher', epoch, packetId: 1 })
    await store.queues.read('c', 0, 2)
    const { wakes } = await store.queues.append(targets, body, { clientId: 'publisher', epoch, packetId: 2 })
    assert.deepEqual(wakes, [{ clientId: 'c', home: 'node/1', position: 2 }])
    await close()
  })

  it('does not let a full queue discard what was handed over', async () => {
    const { store, close } = await serve('disk', { queuedMessagesMax: 3, queueFull: 'discard-oldest' })
    await claim(store)
    const line = store.queues.openLine?.(() => {})
    await line?.add(toClients('read', 'c'))
    await store.queues.read('c', 0, 2)
    for (const text of ['handed over', 'waiting', 'newest']) await line?.add(toClients(text, 'c'))
    assert.deepEqual(
      (await queued(store, 'c')).map(([, text]) => text),
      ['read', 'handed over', 'newest'],
    )
    await close()
  })

  it('refuses with the error of the store, and goes on', async () => {
    const { store, close } = await serve('disk', { storeBytesMax: 1 })
    const line = store.queues.openLine?.(() => {})
    await claim(store)
    await assert.rejects(async () => await line?.add(toClients('m', 'c')), { code: 'STORE_FULL' })
    await assert.rejects(async () => await line?.add(toClients('m', 'c')), BrokerError)
    await close()
  })

  it('says which of a tick are refused when the store becomes full among them: the others are stored', async () => {
    const { store, close } = await serve('disk', { storeBytesMax: 8_000 })
    await claim(store)
    const line = store.queues.openLine?.<ReturnType<typeof toClients>>(() => {})
    assert(line !== undefined)
    const texts = Array.from({ length: 12 }, (_, index) => `${index} ${'x'.repeat(1_000)}`)
    const shares = texts.map(text => {
      line.add(toClients(text, 'c')).catch(() => {})
      return line.lastShare
    })
    const error: unknown = await line.add(toClients('last', 'c')).catch((reason: unknown) => reason)
    assert(error instanceof PartlyRefused)
    const taken = texts.filter((_, index) => refusalOf(error, shares[index] ?? 0) === undefined)
    assert(taken.length > 0 && taken.length < texts.length)
    assert.deepEqual(
      (await queued(store, 'c')).map(([, text]) => text),
      taken,
    )
    await close()
  })

  it('brings a message across as it was', async () => {
    for (const kind of ['memory', 'disk'] as const) {
      const { store, close } = await serve(kind)
      await claim(store)
      const sent: Message = message('body', {
        topicName: 'größe/∑',
        properties: Buffer.from([1, 1]),
        qos: 2,
        retain: true,
        expiresAtMs: 1_800_000_000_123,
      })
      await store.queues.openLine?.(() => {}).add({ targets: toClients('', 'c').targets, message: sent })
      const [read] = await store.queues.read('c', 0, 1)
      assert.deepEqual(read?.message, sent)
      await close()
    }
  })
})
