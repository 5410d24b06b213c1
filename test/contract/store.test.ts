import assert from 'node:assert/strict'
import path from 'node:path'
import { after, before, describe } from 'node:test'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { SlabPool } from '../../src/protocol/slab-pool.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'
import { StoreClient } from '../../src/store/store-client.ts'
import { StoreServer } from '../../src/store/store-server.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { RecordingLog } from '../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { storeContract } from './store-suite.ts'

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
