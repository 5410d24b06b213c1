import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import path from 'node:path'
import { EndOfTick } from '../../src/core/end-of-tick.ts'
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts'
import { openFsDataFolder } from '../../src/store/embedded/fs-data-folder.ts'
import { FakeClock, FakeRandom } from '../support/fake-clock.ts'
import { RecordingLog } from '../support/recording-log.ts'
import { makeTemporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts'
import { storeContract } from './store-suite.ts'

let folder: TemporaryFolder
let stores = 0

before(async () => {
  folder = await makeTemporaryFolder()
})

after(() => folder.remove())

for (const durability of ['fsync', 'os'] as const) {
  storeContract(
    `EmbeddedStore with ${durability}`,
    async limits => {
      const clock = new FakeClock()
      const log = new RecordingLog()
      const store = await EmbeddedStore.open({
        folder: await openFsDataFolder(path.join(folder.path, String(++stores))),
        durability,
        limits: { reserveBytes: 4096, ...limits },
        clock,
        random: new FakeRandom(),
        log,
        endOfTick: new EndOfTick(task => void setImmediate(task)),
      })
      const close = async (): Promise<void> => {
        await store.close()
        assert.deepEqual(log.errors, [])
      }
      return { store, clock, close }
    },
    60,
  )
}
