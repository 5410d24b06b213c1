import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClusterSeal, type Seal } from '../../../src/auth/cluster-seal.ts'
import { openSeal } from '../../../src/auth/open-seal.ts'
import { RevocationSync } from '../../../src/auth/revocation-sync.ts'
import { Revocations, type Revocation } from '../../../src/auth/revocations.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeSharedRecords } from '../../support/fake-shared-records.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const HOUR_MS = 3_600_000

interface Node {
  readonly sync: RevocationSync
  readonly revocations: Revocations
  readonly learnt: Revocation[]
}

describe('revocations of several nodes', () => {
  let clock: FakeClock
  let records: FakeSharedRecords
  let log: RecordingLog
  let seal: Seal
  let nodes: Node[]

  beforeEach(() => {
    clock = new FakeClock()
    records = new FakeSharedRecords(clock)
    log = new RecordingLog()
    seal = new ClusterSeal('a secret of the cluster', 'guardbee', systemRandom)
    nodes = []
  })
  afterEach(async () => {
    await Promise.all(nodes.map(({ sync }) => sync.close()))
  })

  function node(by = seal): Node {
    const learnt: Revocation[] = []
    const revocations = new Revocations()
    const sync = new RevocationSync({
      records,
      seal: by,
      revocations,
      clock,
      log,
      learnt: added => void learnt.push(...added),
    })
    const made = { sync, revocations, learnt }
    nodes.push(made)
    return made
  }

  async function started(by = seal): Promise<Node> {
    const made = node(by)
    await made.sync.start()
    return made
  }

  function revocation(value: string, more: Partial<Revocation> = {}): Revocation {
    const nowMs = clock.nowMs()
    return { kind: 'jti', value, issuer: undefined, revokedAtMs: nowMs, untilMs: nowMs + HOUR_MS, ...more }
  }

  async function revoke({ sync, revocations }: Node, made: Revocation): Promise<boolean> {
    assert.ok(revocations.add(made, clock.nowMs()))
    return await sync.keep([made])
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(250)
      for (let turn = 0; turn < 10; turn++) await nextTurn()
    }
  }

  function values({ revocations }: Node): readonly string[] {
    return revocations
      .list(clock.nowMs())
      .map(({ value }) => value)
      .toSorted()
  }

  it('reach the others within half a second, who tell their workers, and those that start later at once', async () => {
    const [first, second] = [await started(), await started()]
    const made = revocation('a', { issuer: 'https://a.example', kind: 'sub' })
    assert.equal(await revoke(first, made), true)
    await pass(500)
    assert.deepEqual(second.learnt, [made])
    assert.deepEqual(first.learnt, [])
    const late = await started()
    assert.deepEqual(late.learnt, [made])
    assert.deepEqual(late.revocations.like(made), made)
  })

  it('are read to the last before a node has started, however many, and until then it waits', async () => {
    const first = await started()
    const many = Array.from({ length: 1_200 }, (_, i) => revocation(`${i}`))
    for (const each of many) first.revocations.add(each, clock.nowMs())
    assert.equal(await first.sync.keep(many), true)
    records.away = true
    const late = node()
    let isStarted = false
    const starting = late.sync.start().then(() => {
      isStarted = true
    })
    await pass(2_000)
    assert.equal(isStarted, false)
    records.away = false
    await pass(250)
    await starting
    assert.equal(late.revocations.size, 1_200)
  })

  it('hold where they were made while the others cannot be told, which is said, and reach them later', async () => {
    const [first, second] = [await started(), await started()]
    records.away = true
    assert.equal(await revoke(first, revocation('a')), false)
    await pass(1_000)
    assert.equal(log.entries.filter(({ level }) => level === 'warn').length, 2)
    records.away = false
    await pass(500)
    assert.deepEqual(values(second), ['a'])
  })

  it('of others are learnt while there is no room to tell of those made here', async () => {
    const [first, second] = [await started(), await started()]
    await revoke(first, revocation('a'))
    records.full = true
    assert.equal(await revoke(second, revocation('b')), false)
    assert.deepEqual(values(second), ['a', 'b'])
    assert.equal((await started()).revocations.size, 1)
    records.full = false
    await pass(500)
    assert.deepEqual(values(first), ['a', 'b'])
  })

  it('are put back by whoever knows them when they were lost or taken out', async () => {
    const [first, second] = [await started(), await started()]
    await revoke(first, revocation('a'))
    await revoke(second, revocation('b'))
    await pass(500)
    records.lose()
    await pass(6_000)
    assert.deepEqual(values(await started()), ['a', 'b'])
    records.kept = records.kept.slice(1)
    await pass(6_000)
    assert.deepEqual(values(await started()), ['a', 'b'])
  })

  it('are not lost by a node that was away while everything began anew', async () => {
    const [first, second] = [await started(), await started()]
    for (const value of ['a', 'b', 'c']) await revoke(first, revocation(value))
    await pass(500)
    await second.sync.close()
    records.lose()
    await revoke(first, revocation('d'))
    const third = await started()
    await pass(6_000)
    assert.deepEqual(values(third), ['a', 'b', 'c', 'd'])
  })

  it('cannot be made up, changed or moved by somebody without the secret, and are put right within five minutes', async () => {
    const [first, second] = [await started(), await started()]
    await revoke(first, revocation('a'))
    await pass(500)
    const [good] = records.kept
    assert(good !== undefined)
    const stranger = await started(new ClusterSeal('a secret of a stranger', 'guardbee', systemRandom))
    await revoke(stranger, revocation('by a stranger'))
    await stranger.sync.close()
    await records.put([
      { ...good, name: 'moved' },
      { ...good, name: 'long', value: Buffer.alloc(70_000) },
    ])
    records.kept = records.kept.map(each => (each.name === good.name ? { ...each, value: Buffer.from('{}') } : each))
    await pass(500)
    assert.deepEqual(values(second), ['a'])
    assert.equal(second.sync.refused, 3)
    await pass(5 * 60_000)
    const late = await started()
    assert.deepEqual(values(late), ['a'])
    assert.ok(late.sync.refused > 0)
    const said = log.entries.filter(({ event }) => event.includes('was refused'))
    assert.ok(said.length > 0 && said.length < 20)
  })

  it('that two nodes make at once hold until the later end, whichever was read last', async () => {
    const [first, second] = [await started(), await started()]
    const early = revocation('a', { revokedAtMs: clock.nowMs() + 5 })
    const long = revocation('a', { untilMs: clock.nowMs() + 2 * HOUR_MS })
    await Promise.all([revoke(first, long), revoke(second, early)])
    await pass(1_000)
    const both = { ...early, untilMs: long.untilMs }
    for (const { revocations } of [first, second, await started()]) assert.deepEqual(revocations.like(long), both)
  })

  it('end for all with their tokens, and are not put back then', async () => {
    const [first, second] = [await started(), await started()]
    await revoke(first, revocation('a', { untilMs: clock.nowMs() + 2_000 }))
    await pass(1_000)
    assert.deepEqual(values(second), ['a'])
    await pass(10_000)
    assert.deepEqual([values(first), values(second), records.kept.length], [[], [], 1])
    assert.deepEqual((await started()).learnt, [])
  })

  it('for which there is no room are said not to be safe, and everything is read again every five seconds at most', async () => {
    records.max = 2
    const first = await started()
    for (const value of ['a', 'b']) assert.equal(await revoke(first, revocation(value)), true)
    assert.equal(await revoke(first, revocation('c')), false)
    assert.ok(log.errors.length > 0)
    const { reads } = records
    await pass(10_000)
    assert.ok(records.reads - reads <= 40 + 3, `${records.reads - reads} reads`)
  })

  it('are shared without a secret too, as they are', async () => {
    const [first, second] = [await started(openSeal), await started(openSeal)]
    const made = revocation('a')
    await revoke(first, made)
    await pass(500)
    assert.deepEqual(second.learnt, [made])
    for (const value of ['', 'x', '{"kind":"all"}', JSON.stringify({ ...made, value: 7 }), JSON.stringify(made)]) {
      const untilMs = clock.nowMs() + HOUR_MS
      await records.put([{ name: 'n', value: openSeal.seal('n', Buffer.from(value), untilMs), untilMs }])
      const before = second.sync.refused
      await pass(250)
      assert.equal(second.sync.refused, before + 1, value)
    }
  })

  it('show nobody who was revoked', async () => {
    const first = await started()
    await revoke(first, revocation('a-subject', { kind: 'sub' }))
    const [kept] = records.kept
    assert.doesNotMatch(`${kept?.name} ${kept?.value.toString('latin1')}`, /a-subject|sub/)
    assert.doesNotMatch(JSON.stringify(log.entries), /a-subject/)
  })

  it('do not keep a node from ending that could not read them', async () => {
    records.away = true
    const first = node()
    const starting = first.sync.start()
    await pass(500)
    await first.sync.close()
    await starting
    assert.equal(await first.sync.keep([revocation('a')]), false)
  })
})
