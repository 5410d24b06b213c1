import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import { gather, message, type OpenStore, full, withStore } from './store-contract.ts'

async function retain(store: Store, ...topicNames: readonly string[]): Promise<void> {
  for (const topicName of topicNames) await store.retained.put(message(topicName, { topicName, retain: true }))
}

async function matching(store: Store, topicFilter: string, nowMs = 0): Promise<string[]> {
  const messages = await gather(store.retained.match(topicFilter, nowMs))
  for (const { topicName, payload } of messages) assert.equal(payload.toString(), topicName)
  return messages.map(({ topicName }) => topicName).sort()
}

/** What every store does with retained messages. */
export function retainedContract(open: OpenStore): void {
  describe('retained messages', () => {
    it('are found as they were put', () =>
      withStore(open, async store => {
        const put = message('body', {
          topicName: 'a/b',
          properties: Buffer.from([1, 1]),
          qos: 2,
          retain: true,
          expiresAtMs: 1_800_000_000_000,
        })
        await store.retained.put(put)
        assert.deepEqual(await gather(store.retained.match('a/b', 0)), [put])
      }))

    it('are replaced by a newer one of the same name, and removed by it', () =>
      withStore(open, async store => {
        await store.retained.put(message('old'))
        await store.retained.put(message('new'))
        const found = await gather(store.retained.match('a/b', 0))
        assert.deepEqual(
          found.map(({ payload }) => payload.toString()),
          ['new'],
        )
        await store.retained.remove('a/b')
        await store.retained.remove('a/b')
        await store.retained.remove('never/was')
        assert.deepEqual(await gather(store.retained.match('#', 0)), [])
      }))

    it('are matched by Topic Filters as v5 4.7 says', () =>
      withStore(open, async store => {
        await retain(store, 'a', 'a/b', 'a/b/c', 'a/x/c', '/a', 'a/', 'a//c', '$SYS/a', '$SYS/a/b', 'a/$b', 'Ω/ω')
        const cases: readonly (readonly [string, readonly string[]])[] = [
          ['a', ['a']],
          ['a/b', ['a/b']],
          ['a/+/c', ['a/b/c', 'a/x/c', 'a//c']],
          ['a/+', ['a/b', 'a/', 'a/$b']],
          ['+', ['a']],
          ['+/+', ['/a', 'a/', 'a/b', 'a/$b', 'Ω/ω']],
          ['+/a', ['/a']],
          ['a/#', ['a', 'a/b', 'a/b/c', 'a/x/c', 'a/', 'a//c', 'a/$b']],
          ['a/b/#', ['a/b', 'a/b/c']],
          ['+/b/#', ['a/b', 'a/b/c']],
          ['+/#', ['a', 'a/b', 'a/b/c', 'a/x/c', '/a', 'a/', 'a//c', 'a/$b', 'Ω/ω']],
          ['#', ['a', 'a/b', 'a/b/c', 'a/x/c', '/a', 'a/', 'a//c', 'a/$b', 'Ω/ω']],
          ['$SYS/#', ['$SYS/a', '$SYS/a/b']],
          ['$SYS/+', ['$SYS/a']],
          ['$SYS/a/+', ['$SYS/a/b']],
          ['a/b/c/#', ['a/b/c']],
          ['nothing/#', []],
          ['', []],
        ]
        for (const [filter, names] of cases) assert.deepEqual(await matching(store, filter), [...names].sort(), filter)
      }))

    it('may have very many levels', () =>
      withStore(open, async store => {
        const deep = 'x/'.repeat(3000)
        await retain(store, deep)
        assert.deepEqual(await matching(store, '#'), [deep])
        assert.deepEqual(await matching(store, 'x/+/#'), [deep])
        await store.retained.remove(deep)
        assert.deepEqual(await matching(store, '#'), [])
      }))

    it('come in pages of a hundred', () =>
      withStore(open, async store => {
        const names = Array.from({ length: 250 }, (_, i) => `n/${i}`)
        await retain(store, ...names)
        const sizes: number[] = []
        const found = new Set<string>()
        for await (const page of store.retained.match('n/+', 0)) {
          sizes.push(page.length)
          for (const { topicName } of page) found.add(topicName)
        }
        assert.deepEqual(sizes, [100, 100, 50])
        assert.equal(found.size, 250)
      }))

    it('come in smaller pages where they are large', () =>
      withStore(open, async store => {
        for (let i = 0; i < 5; i++) await store.retained.put(message('x'.repeat(700_000), { topicName: `n/${i}` }))
        let found = 0
        for await (const page of store.retained.match('#', 0)) {
          assert(page.length <= 2)
          found += page.length
        }
        assert.equal(found, 5)
      }))

    it('may change while they are read', () =>
      withStore(open, async store => {
        const names = Array.from({ length: 300 }, (_, i) => `n/${i}/x`)
        await retain(store, ...names)
        const found = new Set<string>()
        for await (const page of store.retained.match('n/#', 0)) {
          for (const { topicName } of page) found.add(topicName)
          for (const name of names) await store.retained.remove(name)
        }
        assert(found.size >= 100 && found.size <= 300)
        assert.deepEqual(await matching(store, '#'), [])
      }))

    it('are not found any more once they have expired', () =>
      withStore(open, async (store, clock) => {
        const expiresAtMs = clock.nowMs() + 1000
        await store.retained.put(message('a/b', { expiresAtMs }))
        await retain(store, 'a/c')
        assert.deepEqual(await matching(store, '#', expiresAtMs - 1), ['a/b', 'a/c'])
        assert.deepEqual(await matching(store, '#', expiresAtMs), ['a/c'])
      }))

    it('that are replaced by one that does not expire, stay', () =>
      withStore(open, async (store, clock) => {
        await store.retained.put(message('a/b', { expiresAtMs: clock.nowMs() + 1000 }))
        await retain(store, 'a/b')
        assert.deepEqual(await matching(store, '#', clock.nowMs() + 5000), ['a/b'])
      }))

    it('past the bound are refused, unless they replace one or one has expired', () =>
      withStore(
        open,
        async (store, clock) => {
          await retain(store, 'a')
          await store.retained.put(message('b', { topicName: 'b', expiresAtMs: clock.nowMs() + 1000 }))
          await assert.rejects(retain(store, 'c'), full)
          await retain(store, 'a')
          assert.deepEqual(await matching(store, '#', clock.nowMs()), ['a', 'b'])
          clock.advance(1000)
          await retain(store, 'c')
          assert.deepEqual(await matching(store, '#', clock.nowMs()), ['a', 'c'])
          await store.retained.remove('a')
          await retain(store, 'd')
        },
        { retainedMessagesMax: 2 },
      ))
  })
}
