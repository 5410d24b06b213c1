import { after, before, describe } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { RedisStores } from '../support/redis-stores.ts'

/** Opens a store of its own for the brokers of a test. */
export type OpenStore = (clock: FakeClock) => Promise<Store>

/** Describes `cases` with stores on a real redis-server, emptied before each is opened. */
export function onRedis(cases: (open: OpenStore) => void): void {
  describe('over a real redis-server', () => {
    let stores: RedisStores

    before(async () => {
      stores = await RedisStores.start()
    })

    after(async () => {
      await stores.clear()
      await stores.stop()
    })

    cases(async clock => {
      await stores.clear()
      return await stores.open({ clock })
    })
  })
}
