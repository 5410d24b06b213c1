import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { SharedRecord, SharedRecordPage, SharedRecords } from '../../src/ports/shared-records.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { FakeSharedRecords } from '../support/fake-shared-records.ts'
import { RedisShares } from '../support/redis-shares.ts'

const HOUR_MS = 3_600_000

/** What shared records promise; `make` gives two nodes that share them, and loses what they have. */
function sharedRecordsSuite(
  make: (clock: FakeClock) => Promise<{ nodes: readonly [SharedRecords, SharedRecords]; lose: () => Promise<unknown> }>,
): void {
  let clock: FakeClock
  let one: SharedRecords
  let other: SharedRecords
  let lose: () => Promise<unknown>

  beforeEach(async () => {
    clock = new FakeClock()
    const made = await make(clock)
    ;[one, other] = made.nodes
    lose = made.lose
  })

  function record(name: string, value = name, lifetimeMs = HOUR_MS): SharedRecord {
    return { name, value: Buffer.from(value), untilMs: clock.nowMs() + lifetimeMs }
  }

  function texts({ records }: SharedRecordPage): readonly string[] {
    return records.map(({ name, value }) => `${name}=${value.toString()}`)
  }

  it('are none at first', async () => {
    assert.deepEqual(await one.read(0, 10), { records: [], position: 0, series: '', count: 0 })
  })

  it('are read by all in the order in which they were put, from a position on, in pages', async () => {
    assert.equal(await one.put([record('a'), record('b')]), 2)
    assert.equal(await other.put([record('c')]), 1)
    const first = await other.read(0, 2)
    assert.deepEqual(texts(first), ['a=a', 'b=b'])
    const second = await other.read(first.position, 2)
    assert.deepEqual(texts(second), ['c=c'])
    const third = await other.read(second.position, 2)
    assert.deepEqual([texts(third), third.position, third.count], [[], second.position, 3])
    assert.deepEqual(new Set([first.series, second.series, third.series]).size, 1)
    assert.notEqual(first.series, '')
  })

  it('have one of each name, the last, which is behind all others', async () => {
    await one.put([record('a', '1'), record('b')])
    const { position } = await one.read(0, 10)
    await other.put([record('a', '2')])
    assert.deepEqual(texts(await one.read(position, 10)), ['a=2'])
    assert.deepEqual(texts(await one.read(0, 10)), ['b=b', 'a=2'])
    assert.equal((await one.read(0, 10)).count, 2)
  })

  it('count until their end', async () => {
    await one.put([record('a', 'a', 1_000), record('b')])
    clock.advance(1_000)
    assert.equal((await one.read(0, 10)).count, 1)
  })

  it('begin a new series when everything was lost', async () => {
    await one.put([record('a')])
    const { series } = await one.read(0, 10)
    await lose()
    await other.put([record('b')])
    const page = await one.read(0, 10)
    assert.deepEqual(texts(page), ['b=b'])
    assert.notEqual(page.series, series)
  })
}

describe('shared records in memory', () => {
  sharedRecordsSuite(async clock => {
    const records = new FakeSharedRecords(clock)
    return { nodes: [records, records], lose: async () => records.lose() }
  })
})

describe('shared records in Redis', () => {
  let shares: RedisShares

  before(async () => {
    shares = await RedisShares.start()
  })
  after(() => shares.stop())

  const lose = (): Promise<unknown> => shares.server.command('FLUSHALL')

  sharedRecordsSuite(async clock => {
    await lose()
    return { nodes: [(await shares.join(clock)).records, (await shares.join(clock)).records], lose }
  })

  it('leave nothing behind a minute after their end', async () => {
    await lose()
    const clock = new FakeClock()
    const { records } = await shares.join(clock)
    const untilMs = clock.nowMs() + 1_000
    await records.put(Array.from({ length: 300 }, (_, i) => ({ name: `${i}`, value: Buffer.from('x'), untilMs })))
    clock.advance(61_001)
    await records.read(0, 1)
    await records.read(0, 1)
    const sizes = await Promise.all([
      shares.server.command('HLEN', '{test}:revocations'),
      shares.server.command('ZCARD', '{test}:revocations:order'),
      shares.server.command('ZCARD', '{test}:revocations:ends'),
    ])
    assert.deepEqual(sizes, [0, 0, 0])
  })
})
