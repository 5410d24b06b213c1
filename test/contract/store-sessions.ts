import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  append,
  ascending,
  atLeastOnce,
  claim,
  claimOf,
  fill,
  gather,
  type OpenStore,
  queued,
  staleEpoch,
  takeDue,
  will,
  withStore,
} from './store-contract.ts'

const HOUR_MS = 3_600_000

/** What every store does with sessions once they are claimed. */
export function sessionsContract(open: OpenStore): void {
  describe('end and release', () => {
    it('end removes everything of the session', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store, { will: will('w', 0) })
        await fill(store, 'c', epoch)
        await store.sessions.end('c', epoch)
        assert.deepEqual(await gather(store.subscriptions.all()), [])
        assert.deepEqual(await queued(store, 'c'), [])
        assert.deepEqual(await takeDue(store, clock.nowMs() + HOUR_MS, 10), [])
        assert.equal((await claim(store)).present, false)
      }))

    it('a release until now, or before, ends the session', () =>
      withStore(open, async (store, clock) => {
        for (const expiresAtMs of [clock.nowMs(), 0]) {
          const { epoch, present } = await claim(store)
          assert.equal(present, false)
          await fill(store, 'c', epoch)
          await store.sessions.release('c', epoch, { expiresAtMs, willDueAtMs: undefined, sentUpTo: 0 })
          assert.deepEqual(await queued(store, 'c'), [])
          assert.deepEqual(await gather(store.subscriptions.all()), [])
          await append(store, 'late', 'c')
        }
        const result = await claim(store)
        assert.equal(result.present, false)
        assert.deepEqual(await queued(store, 'c'), [])
      }))

    it('a release for good keeps the session for good', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 0 })
        clock.advance(1000 * HOUR_MS)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
        assert.equal((await claim(store)).present, true)
      }))

    it('the interval at the release counts, not that of the claim', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store, { sessionExpiryIntervalSeconds: 10 })
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + HOUR_MS,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        clock.advance(60_000)
        assert.equal((await claim(store)).present, true)
      }))
  })

  describe('markReceived', () => {
    it('remembers QoS 2 messages until they are released by the client', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store)
        for (const packetId of [1, 65_535, 20]) await store.sessions.markReceived('c', epoch, packetId, true)
        await store.sessions.markReceived('c', epoch, 20, true)
        await store.sessions.markReceived('c', epoch, 1, false)
        await store.sessions.markReceived('c', epoch, 2, false)
        const { receivedPacketIds } = await claim(store)
        assert.deepEqual(ascending(receivedPacketIds), [20, 65_535])
      }))
  })

  describe('abandon', () => {
    it('releases the persistent sessions of a dead worker for their interval, and ends the others', () =>
      withStore(open, async (store, clock) => {
        const persistent = await claim(store, { sessionExpiryIntervalSeconds: 10 })
        await fill(store, 'c', persistent.epoch)
        await claim(store, { clientId: 'for good', sessionExpiryIntervalSeconds: 0xffffffff })
        await claim(store, { clientId: 'short', sessionExpiryIntervalSeconds: 0 })
        await claim(store, { clientId: 'elsewhere', home: 'node/2', sessionExpiryIntervalSeconds: 0 })
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.equal((await claim(store, { clientId: 'short', home: 'node/2' })).previousHome, undefined)
        assert.equal((await claim(store, { clientId: 'elsewhere', home: 'node/2' })).previousHome, 'node/2')
        clock.advance(10_000)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [
          { clientId: 'c', epoch: persistent.epoch, will: undefined, expired: true },
        ])
        clock.advance(1000 * HOUR_MS)
        assert.equal((await claim(store, { clientId: 'for good', home: 'node/2' })).present, true)
      }))

    it('leaves sessions alone that another worker has claimed since', () =>
      withStore(open, async (store, clock) => {
        await claim(store)
        const { epoch } = await claim(store, { home: 'node/2', sessionExpiryIntervalSeconds: 1 })
        await store.sessions.abandon('node/1', clock.nowMs())
        clock.advance(HOUR_MS)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
        await store.sessions.markReceived('c', epoch, 1, true)
      }))

    it('and takeDue serve however many sessions there are', () =>
      withStore(open, async (store, clock) => {
        const clientIds = Array.from({ length: 450 }, (_, index) => `c${index}`)
        await Promise.all(clientIds.map(clientId => claim(store, { clientId, sessionExpiryIntervalSeconds: 10 })))
        await store.sessions.abandon('node/1', clock.nowMs())
        clock.advance(10_000)
        assert.equal((await takeDue(store, clock.nowMs(), 250)).length, 250)
        assert.equal((await takeDue(store, clock.nowMs(), 250)).length, 200)
      }))

    it('finds nothing the second time', () =>
      withStore(open, async (store, clock) => {
        await claim(store, { will: will('w', 0) })
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.equal((await takeDue(store, clock.nowMs(), 10)).length, 1)
        clock.advance(1000)
        await store.sessions.abandon('node/1', clock.nowMs())
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
        clock.advance(HOUR_MS - 1000)
        assert.equal((await takeDue(store, clock.nowMs(), 10)).length, 1)
      }))

    it('refuses a claim of the dead worker that arrives after it', () =>
      withStore(open, async (store, clock) => {
        await store.sessions.abandon('node/1', clock.nowMs())
        await assert.rejects(store.sessions.claim(claimOf()), staleEpoch)
        assert.equal((await claim(store, { home: 'node/2' })).previousHome, undefined)
      }))

    it('leaves nothing online', () =>
      withStore(open, async (store, clock) => {
        await claim(store)
        await store.sessions.abandon('node/1', clock.nowMs())
        const { wakes } = await store.queues.append([{ clientId: 'c', delivery: atLeastOnce }], will('m', 0).message)
        assert.deepEqual(wakes, [])
        assert.equal((await claim(store, { home: 'node/2' })).previousHome, undefined)
      }))
  })

  describe('takeDue', () => {
    it('takes expired sessions with all that they have, each exactly once', () =>
      withStore(open, async (store, clock) => {
        const epochs = new Map<string, number>()
        for (let i = 0; i < 20; i++) {
          const clientId = `c${i}`
          const { epoch } = await claim(store, { clientId })
          epochs.set(clientId, epoch)
          await fill(store, clientId, epoch)
          await store.sessions.release(clientId, epoch, {
            expiresAtMs: clock.nowMs() + 1000 + i,
            willDueAtMs: undefined,
            sentUpTo: 0,
          })
        }
        clock.advance(999)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 100), [])
        clock.advance(1000)
        const calls = await Promise.all(Array.from({ length: 6 }, () => takeDue(store, clock.nowMs(), 4)))
        assert.deepEqual(
          calls.map(taken => taken.length),
          [4, 4, 4, 4, 4, 0],
        )
        const taken = calls.flat()
        assert.equal(new Set(taken.map(due => due.clientId)).size, 20)
        for (const { clientId, epoch, expired } of taken) {
          assert.equal(expired, true)
          assert.equal(epoch, epochs.get(clientId))
        }
        assert.deepEqual(await gather(store.subscriptions.all()), [])
      }))

    it('does not take a session that was claimed again in time', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        await claim(store)
        clock.advance(HOUR_MS)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
      }))

    it('does not take an expired session after it was claimed anew', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        clock.advance(1000)
        await claim(store)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
      }))
  })
}
