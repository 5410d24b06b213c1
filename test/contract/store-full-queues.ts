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

/** What every store does at the bound of a queue where the oldest message makes room. */
export function fullQueuesContract(open: OpenStore): void {
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
