import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IntrospectionAnswer } from '../../../src/auth/introspection.ts'
import { RealmIntrospection } from '../../../src/auth/realm-introspection.ts'
import type { IntrospectionModel } from '../../../src/auth/security-model.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'

interface Asked {
  readonly token: string
  readonly signal: AbortSignal
  answer(answer: IntrospectionAnswer): Promise<void>
  fail(): Promise<void>
}

const INACTIVE: IntrospectionAnswer = { kind: 'inactive' }

describe('asking about the tokens of a realm', () => {
  let clock: FakeClock
  let log: RecordingLog
  let asked: Asked[]

  beforeEach(() => {
    clock = new FakeClock()
    log = new RecordingLog()
    asked = []
  })

  function make(more: Partial<IntrospectionModel> = {}): RealmIntrospection {
    const model = { endpoint: 'https://as.example', username: 'b', password: 'p', ...more }
    return new RealmIntrospection('r', model, {
      clock,
      log,
      request: (token, signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<IntrospectionAnswer>()
        const settle = async (how: () => void): Promise<void> => {
          how()
          await nextTurn()
        }
        signal.addEventListener('abort', () => reject(new Error('aborted')))
        asked.push({
          token,
          signal,
          answer: answer => settle(() => resolve(answer)),
          fail: () => settle(() => reject(new Error('ECONNREFUSED'))),
        })
        return promise
      },
    })
  }

  function active(secondsLeft = 3600): IntrospectionAnswer {
    return { kind: 'active', claims: { sub: 'a', exp: clock.nowMs() / 1000 + secondsLeft } }
  }

  it('asks once for a token that many show at the same moment, and not again while the answer is fresh', async () => {
    const realm = make({ cacheSeconds: 60 })
    const answers = Array.from({ length: 100 }, () => realm.ask('t'))
    assert.equal(asked.length, 1)
    await asked[0]?.answer(active())
    assert.deepEqual(new Set((await Promise.all(answers)).map(answer => answer.kind)), new Set(['active']))
    clock.advance(59_999)
    assert.equal((await realm.ask('t')).kind, 'active')
    assert.equal(asked.length, 1)
    clock.advance(1)
    void realm.ask('t')
    assert.equal(asked.length, 2)
  })

  it('gives only what is at hand where no more is wanted', async () => {
    const realm = make()
    assert.equal((await realm.ask('t', true)).kind, 'unavailable')
    assert.equal(asked.length, 0)
    const answer = realm.ask('t')
    await asked[0]?.answer(active())
    await answer
    assert.equal((await realm.ask('t', true)).kind, 'active')
  })

  it('keeps no answer beyond the end of its token', async () => {
    const realm = make({ whenUnavailable: 'stale' })
    const first = realm.ask('t')
    await asked[0]?.answer(active(5))
    await first
    clock.advance(5_000)
    const second = realm.ask('t')
    assert.equal(asked.length, 2)
    await asked[1]?.fail()
    assert.equal((await second).kind, 'unavailable')
  })

  it('remembers for ten seconds that a token is not active, and only of that token', async () => {
    const realm = make()
    const bad = realm.ask('bad')
    await asked[0]?.answer(INACTIVE)
    assert.equal((await bad).kind, 'inactive')
    assert.equal((await realm.ask('bad')).kind, 'inactive')
    const good = realm.ask('good')
    await asked[1]?.answer(active())
    assert.equal((await good).kind, 'active')
    clock.advance(10_000)
    void realm.ask('bad')
    assert.equal(asked.length, 3)
  })

  it('asks about 32 tokens at a time, lets 4,096 wait, and answers the next one at once', async () => {
    const realm = make()
    for (let number = 0; number < 32 + 4096; number++) void realm.ask(`t${number}`)
    assert.equal(asked.length, 32)
    assert.equal((await realm.ask('one too many')).kind, 'unavailable')
    await asked[0]?.answer(active())
    assert.equal(asked.length, 33)
    assert.equal(asked[32]?.token, 't32')
  })

  it('does not ask about a token for which nobody waits any more', async () => {
    const realm = make()
    for (let number = 0; number < 32; number++) void realm.ask(`t${number}`)
    const late = realm.ask('late')
    clock.advance(4_999)
    clock.advance(3_001)
    await nextTurn()
    assert.equal((await late).kind, 'unavailable')
    assert.equal(asked.length, 32)
  })

  it('gives a request five seconds', async () => {
    const realm = make()
    const answer = realm.ask('t')
    clock.advance(5_000)
    assert.equal((await answer).kind, 'unavailable')
    assert.equal(asked[0]?.signal.aborted, true)
    assert.equal(realm.failures, 1)
  })

  it('leaves a server that fails alone, and tries it with one request', async () => {
    const realm = make()
    for (let number = 0; number < 5; number++) {
      const answer = realm.ask(`t${number}`)
      await asked[number]?.fail()
      assert.equal((await answer).kind, 'unavailable')
    }
    for (let number = 0; number < 100; number++) assert.equal((await realm.ask(`u${number}`)).kind, 'unavailable')
    assert.equal(asked.length, 5)
    clock.advance(1_000)
    const probe = realm.ask('v')
    assert.equal((await realm.ask('w')).kind, 'unavailable')
    assert.equal(asked.length, 6)
    await asked[5]?.answer(active())
    assert.equal((await probe).kind, 'active')
    void realm.ask('w')
    assert.equal(asked.length, 7)
  })

  it('lets an earlier answer stand in for the server only where that is wanted', async () => {
    for (const [whenUnavailable, expected] of [
      ['stale', 'active'],
      ['closed', 'unavailable'],
    ] as const) {
      asked = []
      const realm = make({ whenUnavailable, cacheSeconds: 10 })
      const first = realm.ask('t')
      await asked[0]?.answer(active())
      await first
      clock.advance(10_000)
      const second = realm.ask('t')
      await asked[1]?.fail()
      assert.equal((await second).kind, expected)
    }
  })

  it('never lets an earlier answer stand in for one that says no', async () => {
    const realm = make({ whenUnavailable: 'stale', cacheSeconds: 10 })
    const first = realm.ask('t')
    await asked[0]?.answer(active())
    await first
    clock.advance(10_000)
    const second = realm.ask('t')
    await asked[1]?.answer(INACTIVE)
    await second
    clock.advance(10_000)
    const third = realm.ask('t')
    await asked[2]?.fail()
    assert.equal((await third).kind, 'unavailable')
  })

  it('has no token in its log', async () => {
    const realm = make()
    const answer = realm.ask('s3cret')
    await asked[0]?.fail()
    await answer
    assert.equal(log.entries.length, 1)
    assert.doesNotMatch(JSON.stringify(log.entries), /s3cret/)
  })
})
