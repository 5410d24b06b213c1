import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AppendResult, Store } from '../../src/ports/store.ts'
import { atLeastOnce, claim, message, type OpenStore, queued, withStore } from './store-contract.ts'

function append(store: Store, text: string): Promise<AppendResult> {
  return store.queues.append([{ clientId: 'c', delivery: atLeastOnce }], message(text))
}

async function texts(store: Store): Promise<readonly string[]> {
  return (await queued(store, 'c')).map(([, text]) => text)
}

function appendUntil(store: Store, text: string, expiresAtMs: number): Promise<AppendResult> {
  return store.queues.append([{ clientId: 'c', delivery: atLeastOnce }], message(text, { expiresAtMs }))
}

/** What every store does at the bound of a queue. */
export function fullQueuesContract(open: OpenStore): void {
  for (const queueFull of ['discard', 'discard-oldest'] as const) {
    describe(`queues with ${queueFull}, when they are full`, () => {
      const three = { queuedMessagesMax: 3, queueFull } as const

      it('let go of expired messages first, which are not counted as dropped', () =>
        withStore(
          open,
          async (store, clock) => {
            const { epoch } = await claim(store)
            await append(store, 'a')
            await appendUntil(store, 'b', clock.nowMs() + 1000)
            await appendUntil(store, 'c', clock.nowMs() + 60_000)
            clock.advance(1000)
            assert.equal((await append(store, 'd')).dropped, 0)
            assert.deepEqual(await texts(store), ['a', 'c', 'd'])
            await store.queues.remove('c', epoch, [1, 3, 4])
            assert.deepEqual(await texts(store), [])
          },
          three,
        ))

      it('let go of all that expired, again and again', () =>
        withStore(
          open,
          async (store, clock) => {
            await claim(store)
            for (const round of [1, 2, 3]) {
              for (const text of ['a', 'b', 'c']) {
                assert.equal((await appendUntil(store, `${text}${round}`, clock.nowMs() + 1000)).dropped, 0)
              }
              clock.advance(1000)
            }
            assert.deepEqual(await append(store, 'd'), { wakes: [{ clientId: 'c', home: 'node/1' }], dropped: 0 })
            assert.deepEqual(await texts(store), ['d'])
          },
          three,
        ))

      it('make room for a large message of expired ones, also where several queues share them', () =>
        withStore(
          open,
          async (store, clock) => {
            for (const clientId of ['c', 'other']) await claim(store, { clientId })
            const targets = ['c', 'other'].map(clientId => ({ clientId, delivery: atLeastOnce }))
            const expiring = { expiresAtMs: clock.nowMs() + 1000 }
            for (const text of ['a', 'b']) await store.queues.append(targets, message(text.repeat(300), expiring))
            await append(store, 'n'.repeat(100))
            clock.advance(1000)
            assert.equal((await append(store, 'd'.repeat(700))).dropped, 0)
            assert.deepEqual(await texts(store), ['n'.repeat(100), 'd'.repeat(700)])
          },
          { queuedBytesMax: 1100, queueFull },
        ))

      it('keep an expired message that was sent, for its Packet Identifier is in use', () =>
        withStore(
          open,
          async (store, clock) => {
            await claim(store)
            for (const text of ['a', 'b', 'c']) await appendUntil(store, text, clock.nowMs() + 1000)
            await store.queues.read('c', 0, 1)
            clock.advance(1000)
            assert.equal((await append(store, 'd')).dropped, 0)
            assert.deepEqual(await texts(store), ['a', 'd'])
          },
          three,
        ))
    })
  }

  describe('queues that discard the oldest', () => {
    const three = { queuedMessagesMax: 3, queueFull: 'discard-oldest' } as const

    it('drop the oldest message at the bound, count it, and wake for the new one', () =>
      withStore(
        open,
        async store => {
          await claim(store)
          for (const text of ['a', 'b', 'c']) assert.equal((await append(store, text)).dropped, 0)
          assert.deepEqual(await append(store, 'd'), { wakes: [{ clientId: 'c', home: 'node/1' }], dropped: 1 })
          assert.deepEqual(await texts(store), ['b', 'c', 'd'])
        },
        three,
      ))

    it('keep what was read, for its Packet Identifier is in use, and drop the oldest behind it', () =>
      withStore(
        open,
        async store => {
          await claim(store)
          for (const text of ['a', 'b', 'c']) await append(store, text)
          await store.queues.read('c', 0, 1)
          assert.equal((await append(store, 'd')).dropped, 1)
          assert.deepEqual(await texts(store), ['a', 'c', 'd'])
        },
        three,
      ))

    it('keep what an earlier connection was sent', () =>
      withStore(
        open,
        async store => {
          const { epoch } = await claim(store)
          for (const text of ['a', 'b', 'c']) await append(store, text)
          const release = { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 2 }
          await store.sessions.release('c', epoch, release)
          await append(store, 'd')
          assert.deepEqual(await texts(store), ['a', 'b', 'd'])
        },
        three,
      ))

    it('do not take the new message where all others were sent', () =>
      withStore(
        open,
        async store => {
          await claim(store)
          for (const text of ['a', 'b', 'c']) await append(store, text)
          await store.queues.read('c', 0, 3)
          assert.deepEqual(await append(store, 'd'), { wakes: [], dropped: 1 })
          assert.deepEqual(await texts(store), ['a', 'b', 'c'])
        },
        three,
      ))

    it('drop as many as a large message needs, and none for one that will never fit', () =>
      withStore(
        open,
        async store => {
          await claim(store)
          for (const text of ['a', 'b', 'c']) await append(store, text.repeat(200))
          assert.equal((await append(store, 'x'.repeat(2000))).dropped, 1)
          assert.equal((await append(store, 'd'.repeat(500))).dropped, 2)
          assert.deepEqual(await texts(store), ['c'.repeat(200), 'd'.repeat(500)])
        },
        { queuedBytesMax: 900, queueFull: 'discard-oldest' },
      ))
  })
}
