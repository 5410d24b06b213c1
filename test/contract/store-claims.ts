import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import {
  append,
  ascending,
  atLeastOnce,
  claim,
  claimOf,
  fill,
  gather,
  message,
  type OpenStore,
  queued,
  staleEpoch,
  subscription,
  takeDue,
  full,
  withStore,
} from './store-contract.ts'

const HOUR_MS = 3_600_000

/** What every store does with claims, and with the epoch that they raise. */
export function claimsContract(open: OpenStore): void {
  describe('claim', () => {
    it('makes a session without state where there is none', () =>
      withStore(open, async store => {
        const result = await claim(store)
        assert(result.epoch >= 1)
        assert.deepEqual(result, {
          kind: 'claimed',
          epoch: result.epoch,
          persistentBefore: false,
          present: false,
          previousHome: undefined,
          subscriptions: [],
          receivedPacketIds: [],
          sentUpTo: 0,
          dueWill: undefined,
        })
      }))

    it('tells how far the queue may have been sent: as the release said, or all of it when the worker died', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await fill(store, 'c', epoch)
        await store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 1 })
        assert.equal((await claim(store, { home: 'node/2' })).sentUpTo, 1)
        const messages = await store.queues.read('c', 0, 100)
        await store.sessions.abandon('node/2', clock.nowMs())
        assert.equal((await claim(store)).sentUpTo, messages.at(-1)?.position)
      }))

    it('counts all of the queue as sent where a connection was open until now', () =>
      withStore(open, async store => {
        await claim(store)
        for (const text of ['one', 'two', 'three']) await append(store, text, 'c')
        const second = await claim(store, { home: 'node/2' })
        assert.equal(second.sentUpTo, 3)
        await append(store, 'four', 'c')
        await store.sessions.release('c', second.epoch, {
          expiresAtMs: Infinity,
          willDueAtMs: undefined,
          sentUpTo: second.sentUpTo,
        })
        assert.equal((await claim(store)).sentUpTo, 3, 'the release knows better')
        assert.equal((await claim(store, { cleanStart: true })).sentUpTo, 0)
      }))

    it('tells whether there was a persistent session, whatever becomes of it', () =>
      withStore(open, async (store, clock) => {
        const before = async (fields: Parameters<typeof claim>[1]): Promise<boolean> =>
          (await claim(store, fields)).persistentBefore
        assert.equal(await before({}), false)
        assert.equal(await before({}), true, 'it goes on')
        assert.equal(await before({ cleanStart: true, sessionExpiryIntervalSeconds: 0 }), true, 'it was discarded')
        assert.equal(await before({ sessionExpiryIntervalSeconds: 0 }), false)
        const { epoch } = await claim(store)
        await store.sessions.end('c', epoch)
        const gone = await claim(store, { sessionExpiryIntervalSeconds: 1 })
        assert.equal(gone.persistentBefore, false, 'it has ended')
        const expiresAtMs = clock.nowMs() + 1000
        await store.sessions.release('c', gone.epoch, { expiresAtMs, willDueAtMs: undefined, sentUpTo: 0 })
        clock.advance(1000)
        const { present, persistentBefore } = await claim(store)
        assert.deepEqual([present, persistentBefore], [false, true], 'it is over, and nobody was told')
      }))

    it('lets a session that goes on take messages until its connection ends, whatever its expiry interval', () =>
      withStore(open, async (store, clock) => {
        const first = await claim(store)
        await store.subscriptions.put('c', first.epoch, [subscription('a/#')])
        const { epoch, present } = await claim(store, { sessionExpiryIntervalSeconds: 0 })
        assert.equal(present, true)
        await append(store, 'queued', 'c')
        assert.deepEqual(await queued(store, 'c'), [[1, 'queued']])
        assert.deepEqual(await gather(store.subscriptions.all()), [
          { clientId: 'c', epoch, subscription: subscription('a/#') },
        ])
        const next = await claim(store, { home: 'node/2' })
        assert.deepEqual([next.present, next.persistentBefore], [false, true])
        const again = await claim(store, { home: 'node/2', sessionExpiryIntervalSeconds: 0 })
        await store.sessions.abandon('node/2', clock.nowMs())
        const gone = { clientId: 'c', epoch: again.epoch, will: undefined, expired: true }
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [gone])
      }))

    it('brings back the state of a persistent session', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await fill(store, 'c', epoch)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + HOUR_MS,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        const result = await claim(store, { home: 'node/2' })
        assert.equal(result.present, true)
        assert.equal(result.previousHome, undefined)
        assert.deepEqual(result.subscriptions, [subscription('a/#')])
        assert.deepEqual(result.receivedPacketIds, [7])
        assert.deepEqual(await queued(store, 'c'), [[1, 'queued']])
      }))

    it('forgets the state with a Clean Start', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await fill(store, 'c', epoch)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + HOUR_MS,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        const result = await claim(store, { cleanStart: true })
        assert.equal(result.present, false)
        assert.deepEqual(result.subscriptions, [])
        assert.deepEqual(result.receivedPacketIds, [])
        assert.deepEqual(await queued(store, 'c'), [])
        assert.deepEqual(await gather(store.subscriptions.all()), [])
      }))

    it('names the worker that holds the connection, itself too', () =>
      withStore(open, async store => {
        await claim(store)
        assert.equal((await claim(store, { home: 'node/2' })).previousHome, 'node/1')
        assert.equal((await claim(store, { home: 'node/2', cleanStart: true })).previousHome, 'node/2')
      }))

    it('is atomic: of claims at the same moment each sees the one before as the previous home', () =>
      withStore(open, async store => {
        const homes = ['node/1', 'node/2', 'node/3', 'node/4']
        const results = await Promise.all(homes.map(home => claim(store, { home })))
        const previous = results.map(result => result.previousHome)
        assert.equal(previous.filter(home => home === undefined).length, 1)
        assert.equal(new Set(previous).size, homes.length)
        assert.equal(new Set(results.map(result => result.epoch)).size, homes.length)
      }))

    it('raises the epoch each time, also after the session has ended', () =>
      withStore(open, async store => {
        const epochs: number[] = []
        for (let i = 0; i < 3; i++) epochs.push((await claim(store)).epoch)
        await store.sessions.end('c', epochs.at(-1) ?? 0)
        epochs.push((await claim(store)).epoch, (await claim(store, { cleanStart: true })).epoch)
        assert.deepEqual(epochs, ascending(epochs))
        assert.equal(new Set(epochs).size, epochs.length)
      }))

    it('neither takes over nor destroys the session of another owner', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await fill(store, 'c', epoch)
        const foreign = claimOf({ owner: 'somebody else', cleanStart: true, home: 'node/2' })
        assert.deepEqual(await store.sessions.claim(foreign), { kind: 'owned-by-another' })
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + HOUR_MS,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        assert.deepEqual(await store.sessions.claim(foreign), { kind: 'owned-by-another' })
        assert.equal((await claim(store)).present, true)
      }))

    it('gives the name of an expired session to another owner', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        clock.advance(1000)
        assert.equal((await claim(store, { owner: 'somebody else' })).present, false)
      }))

    it('does not bring back a session whose time has passed', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await fill(store, 'c', epoch)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        clock.advance(999)
        assert.deepEqual(await queued(store, 'c'), [[1, 'queued']])
        clock.advance(1)
        assert.deepEqual(await queued(store, 'c'), [])
        assert.deepEqual(await gather(store.subscriptions.all()), [])
        const result = await claim(store)
        assert.equal(result.present, false)
        assert.deepEqual(result.subscriptions, [])
        assert.deepEqual(await queued(store, 'c'), [])
      }))

    it('does not bring back a session that was not persistent', () =>
      withStore(open, async store => {
        const first = await claim(store, { sessionExpiryIntervalSeconds: 0 })
        await fill(store, 'c', first.epoch)
        const second = await claim(store)
        assert.equal(second.present, false)
        assert.equal(second.previousHome, 'node/1')
        assert.deepEqual(second.subscriptions, [])
        assert.deepEqual(second.receivedPacketIds, [])
      }))

    it('keeps a session for good while its connection is open', () =>
      withStore(open, async (store, clock) => {
        await claim(store, { sessionExpiryIntervalSeconds: 1 })
        clock.advance(HOUR_MS)
        assert.deepEqual(await takeDue(store, clock.nowMs(), 10), [])
        assert.equal((await claim(store)).present, true)
      }))

    it('is refused at the bound on sessions, to a new client only', () =>
      withStore(
        open,
        async store => {
          const { epoch } = await claim(store, { clientId: 'one' })
          await claim(store, { clientId: 'two' })
          await assert.rejects(store.sessions.claim(claimOf({ clientId: 'three' })), full)
          await claim(store, { clientId: 'two', cleanStart: true })
          await store.sessions.end('one', epoch)
          await claim(store, { clientId: 'three' })
        },
        { sessionsMax: 2 },
      ))
  })

  describe('epoch', () => {
    const writes: Readonly<Record<string, (store: Store, epoch: number) => Promise<unknown>>> = {
      release: (store, epoch) =>
        store.sessions.release('c', epoch, { expiresAtMs: Infinity, willDueAtMs: undefined, sentUpTo: 0 }),
      end: (store, epoch) => store.sessions.end('c', epoch),
      markReceived: (store, epoch) => store.sessions.markReceived('c', epoch, 1, true),
      'queues.append with its mark': (store, epoch) =>
        store.queues.append([{ clientId: 'c', delivery: atLeastOnce }], message('late'), {
          clientId: 'c',
          epoch,
          packetId: 1,
        }),
      'subscriptions.put': (store, epoch) => store.subscriptions.put('c', epoch, [subscription('late')]),
      'subscriptions.remove': (store, epoch) => store.subscriptions.remove('c', epoch, ['a/#']),
      'queues.markReleased': (store, epoch) => store.queues.markReleased('c', epoch, 1),
      'queues.remove': (store, epoch) => store.queues.remove('c', epoch, [1]),
    }
    for (const [name, write] of Object.entries(writes)) {
      it(`fences off ${name} of a connection whose session was claimed again`, () =>
        withStore(open, async store => {
          const first = await claim(store)
          await fill(store, 'c', first.epoch)
          const second = await claim(store, { home: 'node/2' })
          await assert.rejects(write(store, first.epoch), staleEpoch)
          await assert.rejects(write(store, second.epoch + 1), staleEpoch)
          const third = await claim(store)
          assert.equal(third.previousHome, 'node/2')
          assert.deepEqual(third.subscriptions, [subscription('a/#')])
          assert.deepEqual(third.receivedPacketIds, [7])
          const [kept, ...others] = await store.queues.read('c', 0, 10)
          assert.equal(kept?.released, false)
          assert.deepEqual(others, [])
          await write(store, third.epoch)
        }))

      it(`refuses ${name} to a session that has ended, and to one that never was`, () =>
        withStore(open, async store => {
          const { epoch } = await claim(store)
          await store.sessions.end('c', epoch)
          await assert.rejects(write(store, epoch), staleEpoch)
          await claim(store)
          await assert.rejects(write(store, epoch), staleEpoch)
        }))
    }
  })
}
