import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimsContract } from './store-claims.ts'
import { claimOf, gather, message, type OpenStore, unavailable } from './store-contract.ts'
import { propertiesContract } from './store-property.ts'
import { fullQueuesContract } from './store-full-queues.ts'
import { queuesContract } from './store-queues.ts'
import { retainedContract } from './store-retained.ts'
import { sessionsContract } from './store-sessions.ts'
import { subscriptionsContract } from './store-subscriptions.ts'
import { takenContract } from './store-taken.ts'
import { willsContract } from './store-wills.ts'

/** The contract of ports/store.ts, for one store. */
export function storeContract(name: string, open: OpenStore, propertyRuns: number): void {
  describe(name, () => {
    claimsContract(open)
    sessionsContract(open)
    willsContract(open)
    takenContract(open)
    subscriptionsContract(open)
    queuesContract(open)
    fullQueuesContract(open)
    retainedContract(open)
    propertiesContract(open, propertyRuns)

    it('refuses everything once it is closed', async () => {
      const { store, close } = await open()
      await close()
      await assert.rejects(store.sessions.claim(claimOf()), unavailable)
      await assert.rejects(store.sessions.takeDue('node/1', 0, 1), unavailable)
      await assert.rejects(store.sessions.settleDue('node/1', [1]), unavailable)
      await assert.rejects(store.retained.put(message('m')), unavailable)
      await assert.rejects(store.queues.read('c', 0, 1), unavailable)
      await assert.rejects(gather(store.subscriptions.all()), unavailable)
      await assert.rejects(gather(store.retained.match('#', 0)), unavailable)
    })
  })
}
