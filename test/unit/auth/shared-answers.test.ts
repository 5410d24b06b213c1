import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { ClusterSeal } from '../../../src/auth/cluster-seal.ts'
import { SharedAnswers, type SharedQuestion } from '../../../src/auth/shared-answers.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeSharedCache } from '../../support/fake-shared-cache.ts'
import { RecordingLog } from '../../support/recording-log.ts'

interface Asked {
  answer(text: string): void
  fail(): void
}

describe('answers that nodes share', () => {
  let clock: FakeClock
  let cache: FakeSharedCache
  let log: RecordingLog
  let seal: ClusterSeal
  let asked: Asked[]

  beforeEach(() => {
    clock = new FakeClock()
    cache = new FakeSharedCache(clock)
    log = new RecordingLog()
    seal = new ClusterSeal('a secret of the cluster', 'guardbee', systemRandom)
    asked = []
  })

  function node(): SharedAnswers {
    return new SharedAnswers({ cache, seal, clock, random: systemRandom, log })
  }

  function question(answers: SharedAnswers, what = 'q'): SharedQuestion<string> {
    return {
      name: answers.nameOf(what),
      accept: value => (value.toString() === 'useless' ? undefined : value.toString()),
      ask: () => {
        const { promise, resolve, reject } = Promise.withResolvers<string>()
        asked.push({ answer: resolve, fail: () => reject(new Error('the server failed')) })
        return promise
      },
      entryOf: answer => ({ value: Buffer.from(answer), untilMs: clock.nowMs() + 60_000 }),
    }
  }

  /** Lets everything run that waits for nothing but its turn, and for less than `ms`. */
  async function settle(ms = 0): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 10) {
      for (let turn = 0; turn < 10; turn++) await nextTurn()
      if (passed < ms) clock.advance(10)
    }
  }

  it('are asked for by one node, however many ask', async () => {
    const nodes = [node(), node(), node()]
    const answers = nodes.map(each => each.once(question(each)))
    await settle(2_500)
    assert.equal(asked.length, 1)
    asked[0]?.answer('yes')
    await settle(200)
    assert.deepEqual(await Promise.all(answers), ['yes', 'yes', 'yes'])
    const late = node()
    assert.equal(await late.once(question(late)), 'yes')
    assert.deepEqual([asked.length, late.hits], [1, 1])
  })

  it('are asked for anew once they are past their end or of no use', async () => {
    const one = node()
    cache.values.set(one.nameOf('q'), {
      value: seal.seal(one.nameOf('q'), Buffer.from('useless'), clock.nowMs() + 1000),
      untilMs: Infinity,
    })
    const answer = one.once(question(one))
    await settle()
    asked[0]?.answer('useful')
    assert.equal(await answer, 'useful')
    assert.equal(one.hits, 0)
  })

  it('are refused, counted and asked for anew when no node of the cluster has put them there, or they are past their end', async () => {
    const one = node()
    const name = one.nameOf('q')
    const elsewhere = seal.seal(one.nameOf('other'), Buffer.from('forged'), clock.nowMs() + 60_000)
    const past = seal.seal(name, Buffer.from('past'), clock.nowMs())
    const stranger = new ClusterSeal('a secret of a stranger', 'guardbee', systemRandom)
    const forged = stranger.seal(name, Buffer.from('forged'), clock.nowMs() + 60_000)
    for (const [index, value] of [elsewhere, past, forged, Buffer.from('forged'), Buffer.alloc(0)].entries()) {
      cache.values.set(name, { value, untilMs: Infinity })
      const before = one.refused
      const answer = one.once(question(one))
      await settle()
      assert.ok(one.refused > before, `${index}`)
      asked.at(-1)?.answer('true')
      assert.equal(await answer, 'true')
      await settle()
    }
    assert.equal(asked.length, 5)
    assert.equal(log.entries.filter(({ level }) => level === 'warn').length, 1)
  })

  it('are asked for by another node within a second when the one that asked has died', async () => {
    const dead = node()
    await cache.lock(dead.nameOf('q'), 'dead', 1_000)
    const living = node()
    const answer = living.once(question(living))
    await settle(900)
    assert.equal(asked.length, 0)
    await settle(300)
    assert.equal(asked.length, 1)
    asked[0]?.answer('yes')
    assert.equal(await answer, 'yes')
  })

  it('are waited for as long as somebody asks, and for four seconds at most', async () => {
    const [first, second] = [node(), node()]
    void first.once(question(first))
    await settle()
    const answer = second.once(question(second))
    await settle(3_900)
    assert.equal(asked.length, 1)
    await settle(300)
    assert.equal(asked.length, 2)
    asked[1]?.answer('of my own')
    assert.equal(await answer, 'of my own')
  })

  it('that fail go to whoever asked, and the next one asks', async () => {
    const [first, second] = [node(), node()]
    const failed = assert.rejects(first.once(question(first)), /the server failed/)
    await settle()
    const answer = second.once(question(second))
    await settle()
    asked[0]?.fail()
    await failed
    await settle(200)
    assert.equal(asked.length, 2)
    asked[1]?.answer('yes')
    assert.equal(await answer, 'yes')
  })

  it('are asked for by each node while the cache is away, which is tried again a second later', async () => {
    cache.away = true
    const one = node()
    for (let number = 0; number < 3; number++) {
      const answer = one.once(question(one))
      await settle()
      asked[number]?.answer('yes')
      assert.equal(await answer, 'yes')
    }
    assert.equal(one.failures, 1)
    cache.away = false
    clock.advance(1_000)
    const answer = one.once(question(one))
    await settle()
    asked[3]?.answer('shared again')
    await answer
    await settle()
    const other = node()
    assert.equal(await other.once(question(other)), 'shared again')
  })

  it('lie there under names that tell nothing, and cannot be read', async () => {
    const one = node()
    const answer = one.once(question(one, 'a-token'))
    await settle()
    asked[0]?.answer('an answer')
    await answer
    await settle()
    const [[name, { value }] = ['', { value: Buffer.alloc(0) }]] = cache.values
    assert.equal(cache.values.size, 1)
    assert.doesNotMatch(name, /a-token/)
    assert.equal(value.includes('an answer'), false)
  })
})
