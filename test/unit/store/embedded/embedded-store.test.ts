import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../../../src/ports/store.ts'
import type { EmbeddedStore, EmbeddedStoreLimits } from '../../../../src/store/embedded/embedded-store.ts'
import {
  append,
  atLeastOnce,
  claim,
  gather,
  message,
  queued,
  subscription,
  takeDue,
  unavailable,
  will,
} from '../../../contract/store-contract.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { FragileFolder } from '../../../support/fragile-folder.ts'
import { RecordingLog } from '../../../support/recording-log.ts'
import { openFragile } from '../../../support/recovered-store.ts'

const full = { name: 'BrokerError', code: 'STORE_FULL' }

/** A store in a folder that outlives it. */
class Host {
  readonly clock = new FakeClock()
  readonly folder = new FragileFolder()
  readonly log = new RecordingLog()
  readonly limits: Partial<EmbeddedStoreLimits>

  constructor(limits: Partial<EmbeddedStoreLimits> = {}) {
    this.limits = limits
  }

  open(): Promise<EmbeddedStore> {
    return openFragile(this.folder, this.clock, { limits: this.limits, log: this.log })
  }

  /** Closes the store, lets time pass, and opens it again. */
  async restart(store: Store, awayMs = 0): Promise<EmbeddedStore> {
    await store.close()
    this.clock.advance(awayMs)
    return await this.open()
  }

  /** From now on the disk cannot be written; undefined: it can again. */
  failWriting(error: Error | undefined): void {
    this.folder.beforeStep = step => {
      if (error !== undefined && (step === 'write' || step === 'create')) throw error
    }
  }
}

const noSpace = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

describe('an embedded store after a restart', () => {
  it('has let go of the sessions that had a connection: all in their queues counts as sent', async () => {
    const host = new Host()
    const store = await host.open()
    await claim(store, { sessionExpiryIntervalSeconds: 10 })
    await append(store, 'm', 'c')
    const next = await host.restart(store, 60_000)
    const { present, previousHome, sentUpTo } = await claim(next)
    assert.deepEqual({ present, previousHome, sentUpTo }, { present: true, previousHome: undefined, sentUpTo: 1 })
    await next.close()
  })

  it('ends what expired meanwhile, and publishes what was due', async () => {
    const host = new Host()
    const store = await host.open()
    const { epoch } = await claim(store, { clientId: 'expires', will: will('late', 30) })
    const nowMs = host.clock.nowMs()
    const release = { expiresAtMs: nowMs + 20_000, willDueAtMs: nowMs + 30_000, sentUpTo: 0 }
    await store.sessions.release('expires', epoch, release)
    const next = await host.restart(store, 25_000)
    const [due] = await takeDue(next, host.clock.nowMs(), 10)
    assert.deepEqual([due?.clientId, due?.expired], ['expires', true])
    assert.equal(due?.will?.message.payload.toString(), 'late')
    assert.equal((await claim(next, { clientId: 'expires' })).present, false)
    await next.close()
  })

  it('publishes the will of a client without a persistent session, whose connection it cannot know of', async () => {
    const host = new Host()
    const store = await host.open()
    await claim(store, { sessionExpiryIntervalSeconds: 0, will: will('gone', 0) })
    const next = await host.restart(store)
    const [due] = await takeDue(next, host.clock.nowMs(), 10)
    assert.equal(due?.will?.message.payload.toString(), 'gone')
    const last = await host.restart(next)
    assert.deepEqual(await takeDue(last, host.clock.nowMs(), 10), [], 'once')
    await last.close()
  })

  it('publishes a will that somebody had taken and not settled when the process ended, however often that happens', async () => {
    const host = new Host()
    let store = await host.open()
    const { epoch } = await claim(store, { will: will('gone', 0) })
    const release = { expiresAtMs: Infinity, willDueAtMs: host.clock.nowMs(), sentUpTo: 0 }
    await store.sessions.release('c', epoch, release)
    for (let start = 0; start < 3; start++) {
      const [due, ...others] = await store.sessions.takeDue('node/1', host.clock.nowMs(), 10)
      assert.deepEqual([due?.clientId, due?.epoch, due?.expired, others.length], ['c', epoch, false, 0])
      assert.equal(due?.will?.message.payload.toString(), 'gone')
      // Its segment goes, and it does not.
      await store.cleaner.clean()
      store = await host.restart(store)
    }
    assert.equal((await takeDue(store, host.clock.nowMs(), 10)).length, 1)
    store = await host.restart(store)
    assert.deepEqual(await takeDue(store, host.clock.nowMs(), 10), [])
    await store.close()
  })

  it('does not publish a will that was withdrawn before the process ended', async () => {
    const host = new Host()
    const store = await host.open()
    for (const clientId of ['withdrawn', 'kept']) {
      const { epoch } = await claim(store, { clientId, will: will(clientId, 0) })
      await store.subscriptions.put(clientId, epoch, [subscription('a')])
      if (clientId === 'withdrawn') await store.sessions.setWill(clientId, epoch, undefined)
    }
    const next = await host.restart(store)
    const taken = await takeDue(next, host.clock.nowMs(), 10)
    assert.deepEqual(
      taken.map(({ clientId }) => clientId),
      ['kept'],
    )
    assert.equal((await claim(next, { clientId: 'withdrawn' })).subscriptions.length, 1)
    await next.close()
  })

  it('keeps sessions that never expire', async () => {
    const host = new Host()
    const store = await host.open()
    await claim(store, { sessionExpiryIntervalSeconds: 0xffffffff })
    const next = await host.restart(store, 10 * 365 * 86_400_000)
    assert.deepEqual(await takeDue(next, host.clock.nowMs(), 10), [])
    assert.equal((await claim(next)).present, true)
    await next.close()
  })

  it('has forgotten nothing of a session with 65,535 messages in flight', async () => {
    const host = new Host({ queuedMessagesMax: 100_000, queuedBytesMax: Infinity, cacheBytesMax: 10_000 })
    const store = await host.open()
    const { epoch } = await claim(store)
    const targets = [{ clientId: 'c', delivery: { qos: 2, retain: false, subscriptionIdentifiers: [] } as const }]
    const appends = Array.from({ length: 65_535 }, (_, i) => store.queues.append(targets, message(`m${i + 1}`)))
    await Promise.all(appends)
    await Promise.all(Array.from({ length: 32_767 }, (_, i) => store.queues.markReleased('c', epoch, (i + 1) * 2)))
    const next = await host.restart(store)
    let after = 0
    for (
      let page = await next.queues.read('c', 0, 1000);
      page.length > 0;
      page = await next.queues.read('c', after, 1000)
    ) {
      for (const { position, released, message: read } of page) {
        assert.equal(position, ++after)
        assert.equal(read.payload.toString(), `m${position}`)
        assert.equal(released, position % 2 === 0)
      }
    }
    assert.equal(after, 65_535)
    await next.close()
  })
})

describe('the space of an embedded store', () => {
  it('holds the body of a message once, however many queues it is in, and gives it back with the last', async () => {
    const host = new Host()
    const store = await host.open()
    const clientIds = Array.from({ length: 100 }, (_, i) => `c${i}`)
    const claims = await Promise.all(clientIds.map(clientId => claim(store, { clientId })))
    const before = store.counts().bytes
    await append(store, 'x'.repeat(10_000), ...clientIds)
    assert(store.counts().bytes - before < 12_000)
    assert.equal(store.counts().queuedMessages, 100)
    for (const [index, { epoch }] of claims.entries()) {
      assert(store.counts().neededBytes > 10_000)
      await store.queues.remove(`c${index}`, epoch, [1])
    }
    assert.equal(store.counts().neededBytes, 0)
    await store.close()
  })

  it('does not grow under steady traffic, while what stays in it stays', async () => {
    const host = new Host({ segmentBytes: 10_000 })
    const store = await host.open()
    const { epoch } = await claim(store)
    await store.subscriptions.put('c', epoch, [subscription('f')])
    await claim(store, { clientId: 'away' })
    await append(store, 'kept', 'away')
    await store.retained.put(message('retained', { retain: true }))
    let most = 0
    for (let i = 1; i <= 3000; i++) {
      await append(store, 'x'.repeat(100), 'c')
      await store.queues.remove('c', epoch, [i])
      most = Math.max(most, store.counts().bytes)
    }
    assert(most < 80_000, `${most} bytes`)
    const next = await host.restart(store)
    assert.deepEqual(await queued(next, 'away'), [[1, 'kept']])
    assert.deepEqual((await claim(next)).subscriptions, [subscription('f')])
    assert.equal((await gather(next.retained.match('#', 0))).length, 1)
    assert.deepEqual(host.log.errors, [])
    await next.close()
  })

  it('does not grow with a client that connects again and again at two workers', async () => {
    const host = new Host({ segmentBytes: 10_000 })
    const store = await host.open()
    const first = await claim(store)
    await store.subscriptions.put('c', first.epoch, [subscription('f')])
    await append(store, 'kept', 'c')
    let most = 0
    for (let round = 0; round < 500; round++) {
      const homes = ['node/1', 'node/2', 'node/1', 'node/2']
      const claims = await Promise.all(homes.map(home => claim(store, { home })))
      assert.equal(new Set(claims.map(({ epoch }) => epoch)).size, homes.length)
      most = Math.max(most, store.counts().bytes)
    }
    assert(most < 80_000, `${most} bytes`)
    const next = await host.restart(store)
    assert.deepEqual((await claim(next)).subscriptions, [subscription('f')])
    assert.deepEqual(await queued(next, 'c'), [[1, 'kept']])
    await next.close()
  })

  it('is read from the disk where memory has no room, though its files are cleaned meanwhile', async () => {
    const host = new Host({ segmentBytes: 3000, cacheBytesMax: 0 })
    const store = await host.open()
    const { epoch } = await claim(store)
    const expected: [number, string][] = []
    for (let i = 1; i <= 60; i++) {
      await append(store, `${i} ${'x'.repeat(200)}`, 'c')
      if (i % 3 === 0) expected.push([i, `${i} ${'x'.repeat(200)}`])
      else await store.queues.remove('c', epoch, [i])
    }
    const [read] = await Promise.all([queued(store, 'c'), store.cleaner.clean()])
    assert.deepEqual(read, expected)
    assert(store.cleaner.segmentsRemoved > 2)
    assert.deepEqual(await queued(store, 'c'), expected)
    await store.close()
  })

  it('of expired messages in a full queue is given to new ones', async () => {
    const host = new Host({ queuedMessagesMax: 3 })
    const store = await host.open()
    await claim(store)
    const targets = [{ clientId: 'c', delivery: atLeastOnce }]
    const expiresAtMs = host.clock.nowMs() + 1000
    for (let i = 0; i < 3; i++) await store.queues.append(targets, message('old', { expiresAtMs }))
    assert.equal((await store.queues.append(targets, message('too early'))).dropped, 1)
    host.clock.advance(1000)
    assert.equal((await store.queues.append(targets, message('new'))).dropped, 0)
    assert.deepEqual(await queued(store, 'c'), [[4, 'new']])
    await store.close()
  })
})

describe('an embedded store without room', () => {
  it('refuses new messages at the limit of its size, takes what makes room, and then takes new ones', async () => {
    const host = new Host({ segmentBytes: 2000, storeBytesMax: 20_000 })
    const store = await host.open()
    const { epoch } = await claim(store)
    let taken = 0
    const fill = async (): Promise<void> => {
      for (;;) {
        await append(store, 'x'.repeat(500), 'c')
        taken++
      }
    }
    await assert.rejects(fill(), full)
    assert.equal(store.counts().full, 1)
    await assert.rejects(store.retained.put(message('r')), full)
    await claim(store, { clientId: 'other', sessionExpiryIntervalSeconds: 0 })
    assert.equal((await queued(store, 'c')).length, taken)
    for (let position = 1; position <= taken; position++) await store.queues.remove('c', epoch, [position])
    while (store.counts().full === 1) await nextTurn()
    await append(store, 'again', 'c')
    assert.deepEqual(await queued(store, 'c'), [[taken + 1, 'again']])
    await store.close()
  })

  it('holds back who is waiting while the disk is full, and answers once it has room', async () => {
    const host = new Host()
    const store = await host.open()
    const { epoch } = await claim(store)
    await append(store, 'before', 'c')
    host.failWriting(noSpace)
    let answered = false
    const waiting = append(store, 'waits', 'c').then(() => {
      answered = true
    })
    while (store.counts().full === 0) await nextTurn()
    await assert.rejects(append(store, 'refused', 'c'), full)
    assert.deepEqual(await queued(store, 'c'), [[1, 'before']], 'what is not safe is not handed out')
    const released = store.queues.remove('c', epoch, [1])
    assert.equal(answered, false)
    host.failWriting(undefined)
    host.clock.advance(5_000)
    await Promise.all([waiting, released])
    while (store.counts().full === 1) {
      host.clock.advance(5_000)
      await nextTurn()
    }
    await append(store, 'after', 'c')
    const texts = [
      [2, 'waits'],
      [3, 'after'],
    ]
    assert.deepEqual(await queued(store, 'c'), texts)
    const next = await host.restart(store)
    assert.deepEqual(await queued(next, 'c'), texts)
    await next.close()
  })

  it('still writes what makes room when the disk is full, in the room that it held back', async () => {
    const host = new Host()
    const store = await host.open()
    const { epoch } = await claim(store)
    await append(store, 'one', 'c')
    host.folder.beforeStep = step => {
      if (step === 'write' && host.folder.names.includes('reserve')) throw noSpace
    }
    await store.queues.remove('c', epoch, [1])
    assert.equal(store.counts().full, 1)
    await assert.rejects(append(store, 'two', 'c'), full)
    await store.close()
  })

  it('that is closed while it cannot write says so to who waits, and does not hang', async () => {
    const host = new Host()
    const store = await host.open()
    await claim(store)
    host.failWriting(new Error('EIO: i/o error'))
    const waiting = assert.rejects(append(store, 'lost', 'c'), unavailable)
    while (store.counts().full === 0) await nextTurn()
    await store.close()
    await waiting
  })
})
