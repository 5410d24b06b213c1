import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { KeySetsMirror } from '../../../src/auth/key-sets-mirror.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import type { KeyAnswer, KeySetSnapshot } from '../../../src/ports/key-sets.ts'

function snapshot(fetchedAtMs: number, kid: string): KeySetSnapshot {
  return { realm: 'r', keys: [{ kid }], fetchedAtMs }
}

describe('the mirror of key sets in a worker', () => {
  let clock: FakeClock
  let log: RecordingLog
  let asked: { kid: string; answer: PromiseWithResolvers<KeyAnswer | undefined> }[]
  let mirror: KeySetsMirror

  beforeEach(() => {
    clock = new FakeClock()
    log = new RecordingLog()
    asked = []
    const request = (_realm: string, kid: string) => {
      const answer = Promise.withResolvers<KeyAnswer | undefined>()
      asked.push({ kid, answer })
      return answer.promise
    }
    mirror = new KeySetsMirror({ request, clock, log })
  })

  it('holds what it was handed, and never an older one', () => {
    assert.equal(mirror.current('r'), undefined)
    mirror.accept(snapshot(2, 'b'))
    mirror.accept(snapshot(1, 'a'))
    assert.deepEqual(mirror.current('r'), snapshot(2, 'b'))
    assert.equal(mirror.current('constructor'), undefined)
  })

  it('asks once for a kid however many tokens have it, and holds the answer', async () => {
    const answers = [mirror.refresh('r', 'b'), mirror.refresh('r', 'b'), mirror.refresh('r', 'c')]
    assert.deepEqual(
      asked.map(({ kid }) => kid),
      ['b', 'c'],
    )
    asked[0]?.answer.resolve({ snapshot: snapshot(2, 'b'), absent: false })
    asked[1]?.answer.resolve({ snapshot: snapshot(1, 'a'), absent: true })
    assert.deepEqual(
      await Promise.all(answers),
      [false, false, true].map(absent => ({ snapshot: snapshot(2, 'b'), absent })),
    )
    assert.deepEqual(mirror.current('r'), snapshot(2, 'b'))
    void mirror.refresh('r', 'b')
    assert.equal(asked.length, 3)
  })

  it('answers with what it has when nobody answers, or the way is broken', async () => {
    mirror.accept(snapshot(1, 'a'))
    const unanswered = mirror.refresh('r', 'b')
    clock.advance(3_000)
    assert.deepEqual(await unanswered, { snapshot: snapshot(1, 'a'), absent: false })
    const broken = mirror.refresh('r', 'c')
    asked[1]?.answer.reject(new Error('channel closed'))
    assert.deepEqual(await broken, { snapshot: snapshot(1, 'a'), absent: false })
    assert.deepEqual(log.errors, ['Error: channel closed'])
    assert.equal(clock.pendingTimers, 0)
  })

  it('asks for few kids at a time in a flood of them, in each realm', async () => {
    for (let i = 0; i < 1_000; i++) void mirror.refresh('r', `bogus${i}`)
    assert.equal(asked.length, 32)
    assert.deepEqual(await mirror.refresh('r', 'one more'), { snapshot: undefined, absent: false })
    clock.advance(1_000)
    for (let i = 0; i < 1_000; i++) void mirror.refresh('r', `bogus too ${i}`)
    assert.equal(asked.length, 42)
    void mirror.refresh('other', 'k')
    assert.equal(asked.at(-1)?.kid, 'k')
  })

  it('forgets the realms that are not there any more', () => {
    mirror.accept(snapshot(1, 'a'))
    mirror.accept({ ...snapshot(1, 'a'), realm: 'gone' })
    mirror.retain(new Set(['r']))
    assert.deepEqual([mirror.current('r'), mirror.current('gone')], [snapshot(1, 'a'), undefined])
  })
})
