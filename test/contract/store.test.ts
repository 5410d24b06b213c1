import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { StoreClient } from '../../src/store/store-client.ts'
import { StoreServer } from '../../src/store/store-server.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLog } from '../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { claimsContract } from './store-claims.ts'
import { claimOf, gather, message, type OpenStore, unavailable } from './store-contract.ts'
import { propertiesContract } from './store-property.ts'
import { queuesContract } from './store-queues.ts'
import { retainedContract } from './store-retained.ts'
import { sessionsContract } from './store-sessions.ts'
import { subscriptionsContract } from './store-subscriptions.ts'
import { willsContract } from './store-wills.ts'

/** The contract of ports/store.ts, for one store. */
function storeContract(name: string, open: OpenStore, propertyRuns: number): void {
  describe(name, () => {
    claimsContract(open)
    sessionsContract(open)
    willsContract(open)
    subscriptionsContract(open)
    queuesContract(open)
    retainedContract(open)
    propertiesContract(open, propertyRuns)

    it('refuses everything once it is closed', async () => {
      const { store, close } = await open()
      await close()
      await assert.rejects(store.sessions.claim(claimOf()), unavailable)
      await assert.rejects(store.sessions.takeDue(0, 1), unavailable)
      await assert.rejects(store.retained.put(message('m')), unavailable)
      await assert.rejects(store.queues.read('c', 0, 1), unavailable)
      await assert.rejects(gather(store.subscriptions.all()), unavailable)
      await assert.rejects(gather(store.retained.match('#', 0)), unavailable)
    })
  })
}

storeContract(
  'MemoryStore',
  async limits => {
    const clock = new FakeClock()
    const store = new MemoryStore(clock, limits)
    return { store, clock, close: () => store.close() }
  },
  300,
)

describe('over a Unix socket', () => {
  let folder: TemporaryFolder
  let sockets = 0

  before(async () => {
    folder = await makeTemporaryFolder()
  })

  after(() => folder.remove())

  storeContract(
    'StoreClient',
    async limits => {
      const clock = new FakeClock()
      const shared = {
        clock,
        log: new RecordingLog(),
        slabs: new SlabPool(),
        endOfTick: new EndOfTick(task => void setImmediate(task)),
        socketPath: path.join(folder.path, `${++sockets}.sock`),
      }
      const server = await StoreServer.open({ ...shared, store: new MemoryStore(clock, limits) })
      const store = await StoreClient.open(shared)
      const close = async (): Promise<void> => {
        await store.close()
        await server.close()
        assert.deepEqual(shared.log.errors, [])
      }
      return { store, clock, close }
    },
    60,
  )
})
