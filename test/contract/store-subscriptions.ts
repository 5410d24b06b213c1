import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claim, gather, type OpenStore, subscription, full, withStore } from './store-contract.ts'

/** What every store does with subscriptions. */
export function subscriptionsContract(open: OpenStore): void {
  describe('subscriptions', () => {
    it('are kept with all their options; a filter that exists is replaced', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store)
        const plain = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
        await store.subscriptions.put('c', epoch, [subscription('a'), subscription('$share/g/b/+')])
        await store.subscriptions.put('c', epoch, [subscription('a', { ...plain, subscriptionIdentifier: 0 })])
        const { subscriptions } = await claim(store)
        const byFilter = new Map(subscriptions.map(stored => [stored.topicFilter, stored]))
        assert.deepEqual(byFilter.get('a'), subscription('a', { ...plain, subscriptionIdentifier: 0 }))
        assert.deepEqual(byFilter.get('$share/g/b/+'), subscription('$share/g/b/+'))
        assert.equal(subscriptions.length, 2)
      }))

    it('are removed by their filter, whether they exist or not', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store)
        await store.subscriptions.put('c', epoch, [subscription('a'), subscription('b'), subscription('d')])
        await store.subscriptions.remove('c', epoch, ['a', 'unknown', 'd'])
        assert.deepEqual((await claim(store)).subscriptions, [subscription('b')])
      }))

    it('of every persistent session are listed in pages of a hundred, on-line or not', () =>
      withStore(open, async (store, clock) => {
        const expected = new Set<string>()
        const epochs = new Map<string, number>()
        for (let client = 0; client < 50; client++) {
          const clientId = `c${client}`
          const { epoch } = await claim(store, { clientId })
          epochs.set(clientId, epoch)
          const filters = Array.from({ length: 7 }, (_, i) => `f/${i}`)
          await store.subscriptions.put(
            clientId,
            epoch,
            filters.map(filter => subscription(filter)),
          )
          for (const filter of filters) expected.add(`${clientId} ${filter}`)
          if (client % 2 === 0)
            await store.sessions.release(clientId, epoch, {
              expiresAtMs: clock.nowMs() + 1000,
              willDueAtMs: undefined,
              sentUpTo: 0,
            })
        }
        const short = await claim(store, { clientId: 'short', sessionExpiryIntervalSeconds: 0 })
        await store.subscriptions.put('short', short.epoch, [subscription('not listed')])
        const listed = new Set<string>()
        for await (const page of store.subscriptions.all()) {
          assert(page.length > 0 && page.length <= 100)
          for (const { clientId, epoch, subscription: stored } of page) {
            assert.equal(epoch, epochs.get(clientId))
            assert.deepEqual(stored, subscription(stored.topicFilter))
            listed.add(`${clientId} ${stored.topicFilter}`)
          }
        }
        assert.deepEqual(listed, expected)
      }))

    it('are listed to an end though sessions come and go meanwhile', () =>
      withStore(open, async store => {
        for (let client = 0; client < 500; client++) {
          const { epoch } = await claim(store, { clientId: `c${client}` })
          await store.subscriptions.put(`c${client}`, epoch, [subscription('a')])
        }
        let pages = 0
        for await (const page of store.subscriptions.all()) {
          pages++
          for (const { clientId } of page) {
            const { epoch } = await claim(store, { clientId, cleanStart: true })
            await store.sessions.end(clientId, epoch)
            const again = await claim(store, { clientId })
            await store.subscriptions.put(clientId, again.epoch, [subscription('a')])
          }
        }
        assert(pages >= 5 && pages <= 20, `${pages} pages`)
      }))

    it('may be left off reading half way', () =>
      withStore(open, async store => {
        for (let client = 0; client < 300; client++) {
          const { epoch } = await claim(store, { clientId: `c${client}` })
          await store.subscriptions.put(`c${client}`, epoch, [subscription('a')])
        }
        for (let i = 0; i < 2000; i++) {
          for await (const page of store.subscriptions.all()) {
            assert.equal(page.length, 100)
            break
          }
        }
        assert.equal((await gather(store.subscriptions.all())).length, 300)
      }))

    it('past the bound of a session are refused as a whole', () =>
      withStore(
        open,
        async store => {
          const { epoch } = await claim(store)
          await store.subscriptions.put('c', epoch, [subscription('a'), subscription('b')])
          await assert.rejects(
            store.subscriptions.put('c', epoch, [subscription('a', { qos: 0 }), subscription('d'), subscription('e')]),
            full,
          )
          await store.subscriptions.put('c', epoch, [subscription('a'), subscription('d')])
          const { subscriptions } = await claim(store)
          assert.deepEqual(subscriptions.map(stored => stored.topicFilter).sort(), ['a', 'b', 'd'])
          assert(subscriptions.every(stored => stored.qos === 2))
        },
        { subscriptionsPerSessionMax: 3 },
      ))
  })
}
