import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import { ClusterSeal } from '../../../src/auth/cluster-seal.ts'
import type { IntrospectionAnswer } from '../../../src/auth/introspection.ts'
import { RealmIntrospection } from '../../../src/auth/realm-introspection.ts'
import type { IntrospectionModel } from '../../../src/auth/security-model.ts'
import { SharedAnswers } from '../../../src/auth/shared-answers.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeSharedCache } from '../../support/fake-shared-cache.ts'
import { RecordingLog } from '../../support/recording-log.ts'

const MODEL: IntrospectionModel = { endpoint: 'https://as.example', username: 'b', password: 'p' }
const TOKEN = 's3cret-token'

describe('what nodes share of an introspection endpoint', () => {
  let clock: FakeClock
  let cache: FakeSharedCache
  let log: RecordingLog
  let seal: ClusterSeal
  let asked: string[]
  let says: IntrospectionAnswer | undefined

  beforeEach(() => {
    clock = new FakeClock()
    cache = new FakeSharedCache(clock)
    log = new RecordingLog()
    seal = new ClusterSeal('a secret of the cluster', 'guardbee', systemRandom)
    asked = []
    says = { kind: 'active', claims: { sub: 'a', exp: clock.nowMs() / 1000 + 3600 } }
  })

  function node(more: Partial<IntrospectionModel> = {}): RealmIntrospection {
    return new RealmIntrospection(
      'r',
      { ...MODEL, ...more },
      {
        clock,
        log,
        shared: new SharedAnswers({ cache, seal, clock, random: systemRandom, log }),
        request: async token => {
          asked.push(token)
          if (says === undefined) throw new Error('ECONNREFUSED')
          return says
        },
      },
    )
  }

  async function ask(by: RealmIntrospection, token = TOKEN): Promise<string> {
    const { kind } = await by.ask(token)
    await new Promise(setImmediate)
    return kind
  }

  it('is asked once for a token that many nodes are shown, whose claims all of them get', async () => {
    assert.equal(await ask(node()), 'active')
    const other = node()
    assert.deepEqual(await other.ask(TOKEN), says)
    assert.deepEqual([asked.length, other.requests], [1, 0])
    assert.equal(await ask(other, 'another'), 'active')
    assert.deepEqual(asked, [TOKEN, 'another'])
  })

  it('counts from when it was asked for, as long as each node has it, and no longer than the token', async () => {
    await ask(node({ cacheSeconds: 60 }))
    clock.advance(30_000)
    const late = node({ cacheSeconds: 60 })
    await ask(late)
    assert.equal(asked.length, 1)
    await ask(node({ cacheSeconds: 20 }))
    assert.equal(asked.length, 2)
    says = { kind: 'active', claims: { exp: clock.nowMs() / 1000 + 5 } }
    await ask(node(), 'short')
    clock.advance(5_000)
    await ask(node(), 'short')
    assert.equal(asked.length, 4)
  })

  it('is remembered by all for ten seconds where it says no', async () => {
    says = { kind: 'inactive' }
    assert.equal(await ask(node()), 'inactive')
    assert.equal(await ask(node()), 'inactive')
    assert.equal(asked.length, 1)
    clock.advance(10_000)
    await ask(node())
    assert.equal(asked.length, 2)
  })

  it('stands in for the endpoint at another node only where that is wanted', async () => {
    await ask(node({ whenUnavailable: 'stale' }))
    says = undefined
    clock.advance(60_000)
    assert.equal(await ask(node({ whenUnavailable: 'stale' })), 'active')
    assert.equal(await ask(node()), 'unavailable')
    clock.advance(60 * 60_000)
    assert.equal(await ask(node({ whenUnavailable: 'stale' })), 'unavailable')
  })

  it('is of one endpoint and of one name of ours there', async () => {
    await ask(node())
    await ask(node({ username: 'c' }))
    await ask(node({ endpoint: 'https://other.example' }))
    assert.equal(asked.length, 3)
  })

  it('is asked of each node where what was shared is not what an endpoint says', async () => {
    await ask(node())
    const [name] = [...cache.values.keys()]
    assert(name !== undefined)
    const nowMs = clock.nowMs()
    for (const entry of [
      'no JSON',
      '{}',
      '{"active":true,"claims":{}}',
      `{"atMs":${nowMs},"active":true}`,
      `{"atMs":${nowMs},"active":"true","claims":{}}`,
      `{"atMs":${nowMs},"active":true,"claims":[]}`,
      `{"atMs":${nowMs},"active":true,"active":true,"claims":{}}`,
      `{"atMs":${nowMs + 61_000},"active":true,"claims":{}}`,
      `{"atMs":${nowMs},"active":true,"claims":{"x":"${'x'.repeat(66 * 1024)}"}}`,
    ]) {
      cache.values.set(name, { value: seal.seal(name, Buffer.from(entry), nowMs + 60_000), untilMs: Infinity })
      const before = asked.length
      await ask(node())
      assert.equal(asked.length, before + 1, entry.slice(0, 80))
    }
  })

  it('has neither the token nor its digest nor its claims where it lies', async () => {
    await ask(node())
    const lying = JSON.stringify([...cache.values].map(([name, { value }]) => [name, value.toString('latin1')]))
    for (const encoding of ['base64', 'hex', 'base64url'] as const) {
      assert.equal(lying.includes(hash('sha256', TOKEN, encoding)), false)
    }
    assert.doesNotMatch(lying, /s3cret|sub/)
  })
})
