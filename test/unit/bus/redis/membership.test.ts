import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { BEAT, BURY, LEAVE, SETTLE } from '../../../../src/bus/redis/membership-scripts.ts'
import { Membership } from '../../../../src/bus/redis/membership.ts'
import type { WorkerAddress } from '../../../../src/ports/bus.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { RecordingLog } from '../../../support/recording-log.ts'

const HEARTBEAT_MS = 1000
const DEAD_AFTER_MS = 5000

/** What the scripts do, in memory and by the test's clock; test/contract/redis-bus.test.ts runs the real ones. */
class ModelRedis {
  away = false
  workers = new Map<string, number>()
  buried = new Map<string, number>()
  estates = new Map<string, number>()
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  async run(script: string, args: readonly (string | number)[]): Promise<unknown> {
    if (this.away) throw new Error('Connection is closed.')
    const now = this.#clock.nowMs()
    const address = String(args[0])
    switch (script) {
      case BEAT:
        return this.#beat(now, address)
      case BURY:
        if ((this.workers.get(address) ?? 0) > Number(args[1])) return 0
        this.workers.delete(address)
        if (!this.buried.has(address)) this.estates.set(address, now)
        this.buried.set(address, now)
        return 1
      case LEAVE:
        this.workers.delete(address)
        this.buried.set(address, now)
        return 1
      case SETTLE:
        return this.estates.delete(address) ? 1 : 0
      default:
        throw new Error('unknown script')
    }
  }

  #beat(now: number, address: string): unknown {
    if (this.buried.has(address)) return [0]
    this.workers.set(address, now)
    const estate = Array.from(this.estates).find(([, dueMs]) => dueMs <= now)?.[0] ?? ''
    if (estate !== '') this.estates.set(estate, now + 30_000)
    return [now, Array.from(this.workers).flat().map(String), [...this.buried.keys()], estate]
  }
}

class Member {
  readonly membership: Membership
  readonly gone: WorkerAddress[] = []
  readonly estates: WorkerAddress[] = []
  readonly answered: boolean[] = []
  alive: readonly WorkerAddress[] = []
  buried = false
  cutOff = false
  estateFails = false

  constructor(self: WorkerAddress, redis: ModelRedis, clock: FakeClock) {
    this.membership = new Membership(
      {
        self,
        run: (script, _, args) =>
          this.cutOff ? Promise.reject(new Error('Connection is closed.')) : redis.run(script, args),
        heartbeatMs: HEARTBEAT_MS,
        deadAfterMs: DEAD_AFTER_MS,
        clock,
        log: new RecordingLog(),
      },
      {
        alive: workers => {
          this.alive = workers
        },
        gone: worker => this.gone.push(worker),
        buried: () => {
          this.buried = true
        },
        estate: async worker => {
          this.estates.push(worker)
          if (this.estateFails) throw new Error('store is away')
        },
        heard: answered => this.answered.push(answered),
      },
    )
    this.membership.start()
  }
}

describe('Membership', () => {
  let clock: FakeClock
  let redis: ModelRedis
  let first: Member
  let second: Member
  let third: Member

  beforeEach(async () => {
    clock = new FakeClock()
    redis = new ModelRedis(clock)
    first = new Member('a/1', redis, clock)
    second = new Member('b/1', redis, clock)
    third = new Member('c/1', redis, clock)
    await pass(10_000)
  })

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100)
      await new Promise(setImmediate)
    }
  }

  it('knows all that beat, and buries none of them', async () => {
    await pass(60_000)
    assert.deepEqual([...first.alive].sort(), ['a/1', 'b/1', 'c/1'])
    assert.deepEqual([first.gone, second.gone, third.gone], [[], [], []])
  })

  it('buries a worker that has been silent for the time that makes it dead, and tells all once', async () => {
    second.cutOff = true
    await pass(DEAD_AFTER_MS - 100)
    assert.deepEqual(first.gone, [])
    await pass(2 * HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone], [['b/1'], ['b/1']])
    await pass(60_000)
    assert.deepEqual([first.gone, third.gone], [['b/1'], ['b/1']])
    assert.equal(first.membership.isBuried('b/1'), true)
  })

  it('tells a worker that comes back that it is buried, and it beats no more', async () => {
    second.cutOff = true
    await pass(20_000)
    assert.equal(second.buried, false)
    second.cutOff = false
    await pass(HEARTBEAT_MS)
    assert.equal(second.buried, true)
    await pass(20_000)
    assert.deepEqual([...redis.workers.keys()].sort(), ['a/1', 'c/1'])
  })

  it('buries nobody after Redis was away, as long as all come back in time', async () => {
    redis.away = true
    await pass(60_000)
    redis.away = false
    third.cutOff = true
    await pass(DEAD_AFTER_MS - HEARTBEAT_MS)
    third.cutOff = false
    await pass(60_000)
    assert.deepEqual([first.gone, second.gone, third.gone], [[], [], []])
    assert.deepEqual(
      [first, second, third].map(member => member.buried),
      [false, false, false],
    )
  })

  it('buries whoever does not come back after Redis was away', async () => {
    redis.away = true
    await pass(3000)
    second.cutOff = true
    redis.away = false
    await pass(DEAD_AFTER_MS + 3 * HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone], [['b/1'], ['b/1']])
  })

  it('buries whoever is silent also when Redis has lost all it knew', async () => {
    second.cutOff = true
    redis.workers = new Map()
    await pass(DEAD_AFTER_MS + 2 * HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone], [['b/1'], ['b/1']])
  })

  it('buries whoever has only been met and never beats', async () => {
    first.membership.met('d/1')
    await pass(DEAD_AFTER_MS + 2 * HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone], [['d/1'], ['d/1']])
  })

  it('has one of the others take care of what the dead worker has left', async () => {
    second.cutOff = true
    await pass(10_000)
    assert.deepEqual([...first.estates, ...third.estates], ['b/1'])
    assert.equal(redis.estates.size, 0)
  })

  it('has the estate cared for again when that failed', async () => {
    first.estateFails = true
    third.estateFails = true
    second.cutOff = true
    await pass(10_000)
    first.estateFails = false
    third.estateFails = false
    await pass(31_000)
    assert.deepEqual([...first.estates, ...third.estates], ['b/1', 'b/1'])
    assert.equal(redis.estates.size, 0)
  })

  it('takes a worker off at once that leaves, and nobody buries it', async () => {
    await second.membership.leave()
    await pass(HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone], [['b/1'], ['b/1']])
    assert.deepEqual([...first.estates, ...third.estates], [])
  })

  it('buries at once a worker that is known to be dead', async () => {
    first.membership.bury('b/1')
    await pass(HEARTBEAT_MS)
    assert.deepEqual([first.gone, third.gone, second.buried], [['b/1'], ['b/1'], true])
  })

  it('says when heartbeats are answered and when not', async () => {
    redis.away = true
    await pass(3000)
    redis.away = false
    await pass(3000)
    assert.deepEqual(first.answered, [true, false, true])
  })
})
