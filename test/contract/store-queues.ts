import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeliveryOptions } from '../../src/ports/store.ts'
import {
  append,
  atLeastOnce,
  claim,
  message,
  type OpenStore,
  queued,
  readWhole,
  staleEpoch,
  subscription,
  withStore,
} from './store-contract.ts'

/** What every store does with queues. */
export function queuesContract(open: OpenStore): void {
  describe('queues', () => {
    it('keep a message as it was, with the share of each subscriber', () =>
      withStore(open, async store => {
        await claim(store, { clientId: 'one' })
        await claim(store, { clientId: 'two' })
        const sent = message('body', {
          topicName: 'größe/∑',
          properties: Buffer.from([1, 1, 38, 0, 1, 97, 0, 1, 98]),
          qos: 2,
          retain: true,
          expiresAtMs: 1_800_000_000_123,
          publisher: '',
        })
        const first: DeliveryOptions = { qos: 2, retain: true, subscriptionIdentifiers: [1, 268_435_455] }
        const second: DeliveryOptions = { qos: 0, retain: false, subscriptionIdentifiers: [] }
        await store.queues.append(
          [
            { clientId: 'one', delivery: first },
            { clientId: 'two', delivery: second },
          ],
          sent,
        )
        assert.deepEqual(await store.queues.read('one', 0, 10), [
          { position: 1, message: sent, released: false, delivery: first },
        ])
        assert.deepEqual(await store.queues.read('two', 0, 10), [
          { position: 1, message: sent, released: false, delivery: second },
        ])
      }))

    it('are read oldest first, after a position, up to a limit', () =>
      withStore(open, async store => {
        await claim(store)
        for (let i = 1; i <= 9; i++) await append(store, `m${i}`, 'c')
        const positions = async (after: number, limit: number): Promise<number[]> =>
          (await store.queues.read('c', after, limit)).map(({ position }) => position)
        assert.deepEqual(await positions(0, 3), [1, 2, 3])
        assert.deepEqual(await positions(3, 4), [4, 5, 6, 7])
        assert.deepEqual(await positions(7, 100), [8, 9])
        assert.deepEqual(await positions(9, 100), [])
        assert.deepEqual(await positions(0, 0), [])
      }))

    it('keep the order of appends that were under way at the same time', () =>
      withStore(open, async store => {
        await claim(store)
        const texts = Array.from({ length: 200 }, (_, i) => `m${i}`)
        await Promise.all(texts.map(text => append(store, text, 'c')))
        assert.deepEqual(
          (await queued(store, 'c')).map(([, text]) => text),
          texts,
        )
      }))

    it('never use a position again, and keep their order, when messages are removed', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store)
        for (const text of ['a', 'b', 'c', 'd', 'e']) await append(store, text, 'c')
        await store.queues.remove('c', epoch, [2, 5, 4, 77])
        assert.deepEqual(await queued(store, 'c'), [
          [1, 'a'],
          [3, 'c'],
        ])
        await append(store, 'f', 'c')
        await store.queues.remove('c', epoch, [1, 3, 6])
        await append(store, 'g', 'c')
        assert.deepEqual(await queued(store, 'c'), [[7, 'g']])
      }))

    it('remember for which message PUBREC was seen', () =>
      withStore(open, async (store, clock) => {
        const { epoch } = await claim(store)
        await append(store, 'a', 'c')
        await append(store, 'b', 'c')
        await store.queues.markReleased('c', epoch, 2)
        await store.queues.markReleased('c', epoch, 99)
        await store.sessions.release('c', epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        await claim(store)
        const messages = await store.queues.read('c', 0, 10)
        assert.deepEqual(
          messages.map(({ position, released }) => [position, released]),
          [
            [1, false],
            [2, true],
          ],
        )
      }))

    it('wake the home of a client that is on-line, and nobody else', () =>
      withStore(open, async (store, clock) => {
        const away = await claim(store, { clientId: 'away' })
        await store.sessions.release('away', away.epoch, {
          expiresAtMs: clock.nowMs() + 1000,
          willDueAtMs: undefined,
          sentUpTo: 0,
        })
        await claim(store, { clientId: 'here', home: 'node/7' })
        const targets = ['away', 'here', 'unknown'].map(clientId => ({ clientId, delivery: atLeastOnce }))
        assert.deepEqual(await store.queues.append(targets, message('m')), {
          wakes: [{ clientId: 'here', home: 'node/7' }],
          dropped: 0,
        })
        assert.equal((await queued(store, 'away')).length, 1)
      }))

    it('are only those of persistent sessions: others are passed over', () =>
      withStore(open, async store => {
        await claim(store, { clientId: 'short', sessionExpiryIntervalSeconds: 0 })
        const targets = ['short', 'unknown'].map(clientId => ({ clientId, delivery: atLeastOnce }))
        assert.deepEqual(await store.queues.append(targets, message('m')), { wakes: [], dropped: 0 })
        assert.deepEqual(await store.queues.append([], message('m')), { wakes: [], dropped: 0 })
        assert.deepEqual(await queued(store, 'short'), [])
        assert.deepEqual(await queued(store, 'unknown'), [])
      }))

    it('take a message and the mark of its publisher together', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store, { clientId: 'publisher' })
        await claim(store)
        const target = [{ clientId: 'c', delivery: atLeastOnce }]
        await store.queues.append(target, message('m'), { clientId: 'publisher', epoch, packetId: 9 })
        assert.deepEqual(await queued(store, 'c'), [[1, 'm']])
        assert.deepEqual((await claim(store, { clientId: 'publisher' })).receivedPacketIds, [9])
      }))

    it('take neither where the session of the publisher was claimed again', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store, { clientId: 'publisher' })
        await claim(store)
        await claim(store, { clientId: 'publisher', home: 'node/2' })
        const target = [{ clientId: 'c', delivery: atLeastOnce }]
        const late = store.queues.append(target, message('m'), { clientId: 'publisher', epoch, packetId: 9 })
        await assert.rejects(late, staleEpoch)
        assert.deepEqual(await queued(store, 'c'), [])
        assert.deepEqual((await claim(store, { clientId: 'publisher' })).receivedPacketIds, [])
      }))

    it('take the mark alone where nobody gets the message', () =>
      withStore(open, async store => {
        const { epoch } = await claim(store)
        const mark = { clientId: 'c', epoch, packetId: 9 }
        assert.deepEqual(await store.queues.append([], message('m'), mark), { wakes: [], dropped: 0 })
        assert.deepEqual((await claim(store)).receivedPacketIds, [9])
      }))

    it('bring large messages, to one and to many, up to the limit of the read', () =>
      withStore(open, async store => {
        const clients = Array.from({ length: 1200 }, (_, index) => `c${index}`)
        for (const clientId of ['c0', 'c1', 'c1199']) await claim(store, { clientId })
        const targets = clients.map(clientId => ({ clientId, delivery: atLeastOnce }))
        const { wakes } = await store.queues.append(targets, message('x'.repeat(5000)))
        assert.deepEqual(
          wakes.map(({ clientId }) => clientId),
          ['c0', 'c1', 'c1199'],
        )
        for (const letter of 'abcdef') {
          await store.queues.append([{ clientId: 'c0', delivery: atLeastOnce }], message(letter.repeat(400_000)))
        }
        const read = await readWhole(store, 'c0', 7)
        assert.deepEqual(
          read.map(({ position, message: { payload } }) => `${position} ${payload.toString('latin1', 0, 1)}`),
          ['1 x', '2 a', '3 b', '4 c', '5 d', '6 e', '7 f'],
        )
        assert.equal((await store.queues.read('c1199', 0, 7))[0]?.message.payload.length, 5000)
      }))

    it('say where an answer ends for its size, and nowhere else, so that nobody takes it for the end', () =>
      withStore(
        open,
        async store => {
          await claim(store)
          await append(store, 'small', 'c')
          const texts = Array.from({ length: 12 }, (_, i) => String.fromCharCode(97 + i).repeat(700_000))
          for (const text of texts) await append(store, text, 'c')
          await append(store, 'small too', 'c')
          const read = await readWhole(store, 'c', 128)
          assert.deepEqual(
            read.map(({ message: { payload } }) => payload.toString()),
            ['small', ...texts, 'small too'],
          )
          assert.equal(read.at(-1)?.moreFollow, undefined)
        },
        { queuedBytesMax: 20_000_000 },
      ))

    it('start from the first position in a new session', () =>
      withStore(open, async store => {
        await claim(store)
        await append(store, 'old', 'c')
        await claim(store, { cleanStart: true })
        await append(store, 'new', 'c')
        assert.deepEqual(await queued(store, 'c'), [[1, 'new']])
      }))

    it('drop the newest message at the bound, count it, and wake nobody for it', () =>
      withStore(
        open,
        async store => {
          const { epoch } = await claim(store)
          await claim(store, { clientId: 'other' })
          for (const text of ['a', 'b', 'c']) await append(store, text, 'c')
          const targets = ['c', 'other'].map(clientId => ({ clientId, delivery: atLeastOnce }))
          assert.deepEqual(await store.queues.append(targets, message('d')), {
            wakes: [{ clientId: 'other', home: 'node/1' }],
            dropped: 1,
          })
          assert.deepEqual(
            (await queued(store, 'c')).map(([, text]) => text),
            ['a', 'b', 'c'],
          )
          await store.queues.remove('c', epoch, [2])
          await append(store, 'e', 'c')
          assert.deepEqual(
            (await queued(store, 'c')).map(([, text]) => text),
            ['a', 'c', 'e'],
          )
        },
        { queuedMessagesMax: 3 },
      ))

    it('drop the newest message where its bytes would be too many', () =>
      withStore(
        open,
        async store => {
          const { epoch } = await claim(store)
          const target = [{ clientId: 'c', delivery: atLeastOnce }]
          const large = message('x'.repeat(600))
          assert.equal((await store.queues.append(target, large)).dropped, 0)
          assert.equal((await store.queues.append(target, large)).dropped, 1)
          assert.equal((await store.queues.append(target, message('small'))).dropped, 0)
          await store.queues.remove('c', epoch, [1])
          assert.equal((await store.queues.append(target, large)).dropped, 0)
        },
        { queuedBytesMax: 1000 },
      ))

    it('is read, filled and emptied where the session has become one that ends with its connection', () =>
      withStore(open, async store => {
        const first = await claim(store)
        await store.subscriptions.put('c', first.epoch, [subscription('a')])
        await append(store, 'kept', 'c')
        const { epoch, present } = await claim(store, { sessionExpiryIntervalSeconds: 0 })
        assert.equal(present, true)
        await append(store, 'taken', 'c')
        await store.queues.remove('c', epoch, [1])
        assert.deepEqual(await queued(store, 'c'), [[2, 'taken']])
      }))
  })
}
