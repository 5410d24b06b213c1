import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DueSession, Store } from '../../src/ports/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { claim, type OpenStore, staleEpoch, will, withStore } from './store-contract.ts'

const SECOND_MS = 1000

/** Releases a session of ten seconds with a will that is due at once. */
async function release(store: Store, clock: FakeClock, clientId: string): Promise<number> {
  const { epoch } = await claim(store, { clientId, home: 'node/9', will: will(`will of ${clientId}`, 0) })
  const nowMs = clock.nowMs()
  const expiresAtMs = nowMs + 10 * SECOND_MS
  await store.sessions.release(clientId, epoch, { expiresAtMs, willDueAtMs: nowMs, sentUpTo: 0 })
  return epoch
}

function take(store: Store, clock: FakeClock, taker: string, limit = 100): Promise<readonly DueSession[]> {
  return store.sessions.takeDue(taker, clock.nowMs(), limit)
}

function settle(store: Store, taker: string, due: readonly DueSession[]): Promise<void> {
  return store.sessions.settleDue(
    taker,
    due.map(({ ticket }) => ticket),
  )
}

function wills(due: readonly DueSession[]): readonly (string | undefined)[] {
  return due.map(one => one.will?.message.payload.toString())
}

/** What every store does with what was taken, until its taker says that it is done. */
export function takenContract(open: OpenStore): void {
  describe('what was due and was taken', () => {
    it('is given to no other worker while its taker lives', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        assert.deepEqual(wills(await take(store, clock, 'node/1')), ['will of c'])
        await store.sessions.abandon('node/3', clock.nowMs())
        assert.deepEqual(await take(store, clock, 'node/1'), [])
        assert.deepEqual(await take(store, clock, 'node/2'), [])
      }))

    it('is due again, as it was, once its taker is given up, and then exactly once', () =>
      withStore(open, async (store, clock) => {
        const epoch = await release(store, clock, 'c')
        const [first] = await take(store, clock, 'node/1')
        await store.sessions.abandon('node/1', clock.nowMs())
        const [again, ...others] = await take(store, clock, 'node/2')
        assert.deepEqual(again, { ...first, ticket: again?.ticket })
        assert.deepEqual([again?.epoch, others.length], [epoch, 0])
        assert.deepEqual(await take(store, clock, 'node/3'), [])
      }))

    it('is not due again once it is settled', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        await settle(store, 'node/1', await take(store, clock, 'node/1'))
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.deepEqual(await take(store, clock, 'node/2'), [])
      }))

    it('is settled by its taker alone', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        const taken = await take(store, clock, 'node/1')
        await settle(store, 'node/2', taken)
        await store.sessions.abandon('node/1', clock.nowMs())
        const again = await take(store, clock, 'node/2')
        assert.deepEqual(wills(again), ['will of c'])
        await settle(store, 'node/1', taken)
        await store.sessions.abandon('node/2', clock.nowMs())
        assert.deepEqual(wills(await take(store, clock, 'node/3')), ['will of c'])
      }))

    it('may be settled in part, and twice', () =>
      withStore(open, async (store, clock) => {
        for (const clientId of ['a', 'b', 'c']) await release(store, clock, clientId)
        const taken = await take(store, clock, 'node/1')
        const done = taken.filter(({ clientId }) => clientId !== 'b')
        await settle(store, 'node/1', done)
        await settle(store, 'node/1', done)
        await settle(store, 'node/1', [])
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.deepEqual(wills(await take(store, clock, 'node/2')), ['will of b'])
      }))

    it('comes within the limit of a call, with what is newly due behind it', () =>
      withStore(open, async (store, clock) => {
        for (const clientId of ['a', 'b', 'c']) await release(store, clock, clientId)
        const first = wills(await take(store, clock, 'node/1'))
        await store.sessions.abandon('node/1', clock.nowMs())
        await release(store, clock, 'd')
        const calls = [await take(store, clock, 'node/2', 2), await take(store, clock, 'node/2', 2)]
        assert.deepEqual(calls.map(wills), [first.slice(0, 2), [first[2], 'will of d']])
      }))

    it('of an expired session is that it is gone: its routes are withdrawn by whoever takes it again', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store, { sessionExpiryIntervalSeconds: 10 })
        await store.sessions.release('c', epoch, { expiresAtMs: clock.nowMs(), willDueAtMs: undefined, sentUpTo: 0 })
        const second = await claim(store, { sessionExpiryIntervalSeconds: 10 })
        await store.sessions.abandon('node/1', clock.nowMs())
        clock.advance(10 * SECOND_MS)
        assert.equal((await take(store, clock, 'node/2'))[0]?.expired, true)
        await store.sessions.abandon('node/2', clock.nowMs())
        const [again] = await take(store, clock, 'node/3')
        assert.deepEqual([again?.clientId, again?.epoch, again?.expired], ['c', second.epoch, true])
      }))

    it('outlives that its client comes back and leaves another will', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        await take(store, clock, 'node/1')
        const { present, dueWill } = await claim(store, { home: 'node/2', will: will('later', 0) })
        assert.deepEqual([present, dueWill], [true, undefined])
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.deepEqual(wills(await take(store, clock, 'node/2')), ['will of c'])
        await store.sessions.abandon('node/2', clock.nowMs())
        assert.deepEqual(wills(await take(store, clock, 'node/3')), ['will of c', 'later'])
      }))

    it('includes a will that came with a claim', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        const { dueWill } = await claim(store, { home: 'node/1' })
        assert.equal(dueWill?.will.message.payload.toString(), 'will of c')
        assert.deepEqual(await take(store, clock, 'node/2'), [])
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.deepEqual(wills(await take(store, clock, 'node/2')), ['will of c'])
        await release(store, clock, 'd')
        const claimed = await claim(store, { clientId: 'd', home: 'node/3', cleanStart: true })
        await store.sessions.settleDue('node/3', [claimed.dueWill?.ticket ?? 0])
        await store.sessions.abandon('node/3', clock.nowMs())
        assert.deepEqual(await take(store, clock, 'node/4'), [])
      }))

    it('is all given back, however much it is', () =>
      withStore(open, async (store, clock) => {
        const clientIds = Array.from({ length: 450 }, (_, index) => `c${index}`)
        await Promise.all(clientIds.map(clientId => release(store, clock, clientId)))
        assert.equal((await take(store, clock, 'node/1', 1000)).length, 450)
        await store.sessions.abandon('node/1', clock.nowMs())
        const again = await take(store, clock, 'node/2', 1000)
        assert.equal(new Set(wills(again)).size, 450)
        assert.equal(again.length, 450)
      }))

    it('is refused to a worker that was given up, which would never settle it', () =>
      withStore(open, async (store, clock) => {
        await release(store, clock, 'c')
        await store.sessions.abandon('node/1', clock.nowMs())
        await assert.rejects(take(store, clock, 'node/1'), staleEpoch)
        await store.sessions.settleDue('node/1', [1])
        assert.deepEqual(wills(await take(store, clock, 'node/2')), ['will of c'])
      }))
  })
}
