import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { claim, type OpenStore, staleEpoch, subscription, takeDue, will, withStore } from './store-contract.ts'

const SECOND_MS = 1000

/** Payloads of the wills that are due now, with whether a persistent session ended. */
async function due(store: Store, clock: FakeClock): Promise<readonly (readonly [string | undefined, boolean])[]> {
  const sessions = await takeDue(store, clock.nowMs(), 100)
  return sessions.map(({ will: taken, expired }) => [taken?.message.payload.toString(), expired] as const)
}

/** Releases client `c` with a will that is due, and a session that ends, after so many seconds. */
async function releaseWith(
  store: Store,
  clock: FakeClock,
  expirySeconds: number,
  delaySeconds: number | undefined,
): Promise<void> {
  const { epoch } = await claim(store, { will: will('w', delaySeconds ?? 0) })
  await store.subscriptions.put('c', epoch, [subscription('a')])
  const dueAtMs = delaySeconds === undefined ? undefined : clock.nowMs() + delaySeconds * SECOND_MS
  await store.sessions.release('c', epoch, {
    expiresAtMs: clock.nowMs() + expirySeconds * SECOND_MS,
    willDueAtMs: dueAtMs,
    sentUpTo: 0,
  })
}

/** What every store does with wills: their delay against the expiry of the session and against a reconnect. */
export function willsContract(open: OpenStore): void {
  describe('will', () => {
    it('is due once its delay has passed, exactly once, and the session goes on', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 5)
        clock.advance(4999)
        assert.deepEqual(await due(store, clock), [])
        clock.advance(1)
        assert.deepEqual(await due(store, clock), [['w', false]])
        assert.deepEqual(await due(store, clock), [])
        clock.advance(95 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [[undefined, true]])
      }))

    it('is due at once without a delay', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 0)
        assert.deepEqual(await due(store, clock), [['w', false]])
      }))

    it('v5 3.1.2.5 is due with the end of the session where that comes before its delay', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 5, 100)
        clock.advance(5 * SECOND_MS - 1)
        assert.deepEqual(await due(store, clock), [])
        clock.advance(1)
        assert.deepEqual(await due(store, clock), [['w', true]])
        clock.advance(200 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [])
      }))

    it('is due at once where the session ends with its connection, and its routes are to be withdrawn', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 0, 100)
        const taken = await takeDue(store, clock.nowMs(), 10)
        assert.equal(taken[0]?.will?.message.payload.toString(), 'w')
        assert.equal(taken[0]?.expired, true)
        assert.equal((await claim(store)).present, false)
      }))

    it('is not due after a release without one', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 10, undefined)
        clock.advance(5 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [])
        clock.advance(5 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [[undefined, true]])
      }))

    it('is not due where the connection had none', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: clock.nowMs(), sentUpTo: 0 })
        assert.deepEqual(await due(store, clock), [])
      }))

    it('carries the message as it was', () =>
      withStore(open, async (store, clock) => {
        const sent = will('w', 0)
        const { epoch } = await claim(store, { will: sent })
        await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: clock.nowMs(), sentUpTo: 0 })
        const [taken] = await takeDue(store, clock.nowMs(), 1)
        assert.deepEqual(taken, { clientId: 'c', epoch, will: sent, expired: false })
      }))

    it('v5 [MQTT-3.1.3-9] is not sent when the client is back before its delay has passed', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 5)
        clock.advance(4 * SECOND_MS)
        assert.equal((await claim(store)).dueWill, undefined)
        clock.advance(200 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [])
      }))

    it('is sent by the claimant where the client is back after its delay but before anyone took it', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 5)
        clock.advance(5 * SECOND_MS)
        const result = await claim(store)
        assert.equal(result.present, true)
        assert.equal(result.dueWill?.will.message.payload.toString(), 'w')
        assert.deepEqual(await due(store, clock), [])
      }))

    it('is sent by the claimant at once where a Clean Start ends the session before its delay has passed', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 5)
        const result = await claim(store, { cleanStart: true })
        assert.equal(result.dueWill?.will.message.payload.toString(), 'w')
        clock.advance(10 * SECOND_MS)
        assert.deepEqual(await due(store, clock), [])
      }))

    it('is sent by the claimant where the session has expired but nobody took it', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 5, 100)
        clock.advance(5 * SECOND_MS)
        const result = await claim(store)
        assert.equal(result.present, false)
        assert.equal(result.dueWill?.will.message.payload.toString(), 'w')
        assert.deepEqual(await due(store, clock), [])
      }))

    it('is not sent twice where it was taken before the client came back', () =>
      withStore(open, async (store, clock) => {
        await releaseWith(store, clock, 100, 0)
        assert.deepEqual(await due(store, clock), [['w', false]])
        assert.equal((await claim(store, { cleanStart: true })).dueWill, undefined)
      }))

    const takeovers: readonly {
      readonly what: string
      readonly delay: number
      readonly expiry: number
      readonly cleanStart: boolean
      readonly dueWill: string | undefined
    }[] = [
      { what: 'a delay, session goes on: cancelled', delay: 5, expiry: 100, cleanStart: false, dueWill: undefined },
      { what: 'a delay, Clean Start: due', delay: 5, expiry: 100, cleanStart: true, dueWill: 'w' },
      { what: 'no delay: left to its home', delay: 0, expiry: 100, cleanStart: false, dueWill: undefined },
      { what: 'no delay, Clean Start: left to its home', delay: 0, expiry: 100, cleanStart: true, dueWill: undefined },
      {
        what: 'a session without expiry: left to its home',
        delay: 5,
        expiry: 0,
        cleanStart: false,
        dueWill: undefined,
      },
    ]
    for (const { what, delay, expiry, cleanStart, dueWill } of takeovers) {
      it(`of a connection that is taken over with ${what}`, () =>
        withStore(open, async (store, clock) => {
          await claim(store, { will: will('w', delay), sessionExpiryIntervalSeconds: expiry })
          const result = await claim(store, { cleanStart, home: 'node/2' })
          assert.equal(result.dueWill?.will.message.payload.toString(), dueWill)
          assert.equal(result.previousHome, 'node/1')
          clock.advance(200 * SECOND_MS)
          assert.deepEqual(await due(store, clock), [])
        }))
    }

    it('of the new connection counts, not that of the one before', () =>
      withStore(open, async (store, clock) => {
        await claim(store, { will: will('old', 5) })
        const { epoch } = await claim(store, { will: will('new', 0) })
        await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: clock.nowMs(), sentUpTo: 0 })
        assert.deepEqual(await due(store, clock), [['new', false]])
      }))

    it('may be withdrawn while its connection is open, and given again', () =>
      withStore(open, async (store, clock) => {
        const given = will('w', 0)
        for (const sessionExpiryIntervalSeconds of [0, 100]) {
          for (const last of [undefined, given]) {
            const clientId = `c${sessionExpiryIntervalSeconds}${last === undefined}`
            const home = `node/${clientId}`
            const { epoch } = await claim(store, { clientId, home, will: given, sessionExpiryIntervalSeconds })
            for (const next of [undefined, given, last]) await store.sessions.setWill(clientId, epoch, next)
            await store.sessions.abandon(home, clock.nowMs())
            assert.deepEqual(await due(store, clock), last === undefined ? [] : [['w', false]])
          }
        }
      }))

    it('that is withdrawn is not sent by a claimant either', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store, { will: will('w', 5) })
        await store.sessions.setWill('c', epoch, undefined)
        assert.equal((await claim(store, { cleanStart: true, home: 'node/2' })).dueWill, undefined)
      }))

    it('is set by the connection that has the session only, and stays as it was left', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        const later = await claim(store, { will: will('w', 0) })
        await assert.rejects(store.sessions.setWill('c', epoch, undefined), staleEpoch)
        const release = { expiresAtMs: Infinity, willDueAtMs: clock.nowMs(), sentUpTo: 0 }
        await store.sessions.release('c', later.epoch, release)
        await store.sessions.setWill('c', later.epoch, undefined)
        assert.deepEqual(await due(store, clock), [['w', false]])
      }))

    const abandoned: readonly {
      readonly what: string
      readonly delay: number
      readonly expiry: number
      readonly dueAfter: number
      readonly ended: boolean
    }[] = [
      { what: 'a persistent session is due after its delay', delay: 5, expiry: 100, dueAfter: 5, ended: false },
      { what: 'a persistent session is due at its end', delay: 50, expiry: 10, dueAfter: 10, ended: true },
      { what: 'a session for good is due after its delay', delay: 5, expiry: 0xffffffff, dueAfter: 5, ended: false },
      {
        what: 'a session that ends with its connection is due at once',
        delay: 5,
        expiry: 0,
        dueAfter: 0,
        ended: false,
      },
    ]
    for (const { what, delay, expiry, dueAfter, ended } of abandoned) {
      it(`of a dead worker: ${what}`, () =>
        withStore(open, async (store, clock) => {
          await claim(store, { will: will('w', delay), sessionExpiryIntervalSeconds: expiry })
          await store.sessions.abandon('node/1', clock.nowMs())
          if (dueAfter > 0) {
            clock.advance(dueAfter * SECOND_MS - 1)
            assert.deepEqual(await due(store, clock), [])
            clock.advance(1)
          }
          assert.deepEqual(await due(store, clock), [['w', ended]])
        }))
    }
  })
}
