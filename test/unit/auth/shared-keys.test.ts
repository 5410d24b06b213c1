import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ClusterSeal } from '../../../src/auth/cluster-seal.ts'
import { KeySetSource } from '../../../src/auth/key-set-source.ts'
import type { JwtRealmModel } from '../../../src/auth/security-model.ts'
import { SharedAnswers } from '../../../src/auth/shared-answers.ts'
import { SharedKeys } from '../../../src/auth/shared-keys.ts'
import { systemRandom } from '../../../src/telemetry/system-random.ts'
import { FakeClock, FakeRandom } from '../../support/fake-clock.ts'
import { FakeSharedCache } from '../../support/fake-shared-cache.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { waitFor } from '../../support/wait-for.ts'
import { JwksServer } from './jwks-server.ts'

const MINUTE_MS = 60_000
const LIFETIME_MS = 30 * MINUTE_MS
const JWK = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
const key = (kid: string): object => ({ ...JWK, kid })

describe('the key set of a realm that nodes share', () => {
  let server: JwksServer
  let clock: FakeClock
  let cache: FakeSharedCache
  let log: RecordingLog
  let seal: ClusterSeal
  let sources: KeySetSource[]
  let fetchTimes: Set<number>

  beforeEach(async () => {
    server = new JwksServer()
    await server.open()
    server.serve([key('k1')])
    clock = new FakeClock()
    cache = new FakeSharedCache(clock)
    log = new RecordingLog()
    seal = new ClusterSeal('a secret of the cluster', 'guardbee', systemRandom)
    sources = []
    fetchTimes = new Set()
  })
  afterEach(async () => {
    for (const source of sources) source.close()
    await server.close()
  })

  function answers(): SharedAnswers {
    return new SharedAnswers({ cache, seal, clock, random: systemRandom, log })
  }

  function realm(jwksUri = server.uri): JwtRealmModel {
    return { kind: 'jwt', name: 'r', jwksUri, jwksDefaultCacheSeconds: LIFETIME_MS / 1000, introspection: undefined }
  }

  function node(jwksUri = server.uri): KeySetSource {
    const source = new KeySetSource({
      realms: [realm(jwksUri)],
      clock,
      random: new FakeRandom(sources.length),
      log,
      shared: answers(),
    })
    source.onSnapshot(({ fetchedAtMs }) => fetchTimes.add(fetchedAtMs))
    sources.push(source)
    return source
  }

  async function started(): Promise<KeySetSource> {
    const source = node()
    await source.start()
    return source
  }

  function kids(source: KeySetSource): unknown[] {
    return source.current('r')?.keys.map(jwk => jwk['kid']) ?? []
  }

  it('is fetched once for all, at the start and in each of its lifetimes', async () => {
    const nodes = [await started(), await started(), await started()]
    assert.equal(server.requests, 1)
    assert.deepEqual(nodes.map(kids), [['k1'], ['k1'], ['k1']])
    assert.equal(nodes[1]?.fetches, 0)
    for (let lifetime = 2; lifetime <= 4; lifetime++) {
      server.serve([key(`k${lifetime}`)])
      while (nodes.some(each => kids(each)[0] !== `k${lifetime}`)) {
        clock.advance(1_000)
        await new Promise(setImmediate)
        await waitFor('the end of each fetch', () => fetchTimes.size === server.requests)
      }
      assert.equal(server.requests, lifetime)
    }
  })

  it('is fetched once for a key that is new, whichever nodes are shown a token of it', async () => {
    const nodes = [await started(), await started()]
    clock.advance(1)
    server.serve([key('k1'), key('k2')])
    for (const each of nodes) assert.equal((await each.refresh('r', 'k2')).snapshot?.keys.length, 2)
    assert.equal(server.requests, 2)
  })

  it('is not asked for again for a key that another node has just seen it lacks', async () => {
    const [first, second] = [await started(), await started()]
    clock.advance(1)
    assert.equal((await first.refresh('r', 'bogus')).absent, true)
    assert.equal(server.requests, 2)
    await waitFor('the word of it', () => cache.values.size === 2)
    assert.equal((await second.refresh('r', 'bogus')).absent, true)
    assert.equal(server.requests, 2)
    clock.advance(1)
    server.serve([key('k1'), key('k2')])
    assert.equal((await second.refresh('r', 'k2')).absent, false)
    assert.deepEqual(kids(second), ['k1', 'k2'])
  })

  it('never calls a key absent for a set that was asked for before its token came', async () => {
    const first = await started()
    clock.advance(10)
    const second = node()
    server.serve([key('k1'), key('k2')])
    await second.start()
    assert.deepEqual(kids(second), ['k1'])
    assert.deepEqual(await second.refresh('r', 'k2').then(({ absent }) => absent), false)
    assert.deepEqual(kids(second), ['k1', 'k2'])
    assert.deepEqual(kids(first), ['k1'])
  })

  it('serves a node that starts while the server is away, until it is a day past its lifetime', async () => {
    const first = await started()
    const fetchedAtMs = clock.nowMs()
    first.close()
    await server.close()
    clock.advance(LIFETIME_MS + 23 * 60 * MINUTE_MS)
    const late = await started()
    assert.deepEqual(kids(late), ['k1'])
    assert.equal(late.current('r')?.fetchedAtMs, fetchedAtMs)
    assert.equal(late.failures, 1)
    clock.advance(2 * 60 * MINUTE_MS)
    await waitFor('the end of the old set', () => kids(late).length === 0)
    const later = node()
    void later.start()
    await waitFor('its failure', () => later.failures === 1)
    assert.deepEqual(kids(later), [])
  })

  it('of one address is never taken for that of another, nor from a stranger', async () => {
    const other = new JwksServer()
    await other.open()
    other.serve([key('other')])
    await started()
    const elsewhere = node(other.uri)
    await elsewhere.start()
    assert.deepEqual(kids(elsewhere), ['other'])
    // Whoever writes there puts the entry of the one address under the name of the other.
    const nameOf = (uri: string): string => answers().nameOf('keys', uri)
    const foreign = cache.values.get(nameOf(other.uri))
    assert(foreign !== undefined)
    cache.values.set(nameOf(server.uri), foreign)
    assert.deepEqual(kids(await started()), ['k1'])
    assert.equal(server.requests, 2)
    await other.close()
  })

  it('is fetched anew where what was shared is no usable set of this time', async () => {
    const nowMs = clock.nowMs()
    for (const [index, value] of [
      'no JSON',
      '[]',
      '{"keys":[]}',
      JSON.stringify({ keys: [key('k')], lifetimeSeconds: 60 }),
      JSON.stringify({ fetchedAtMs: nowMs, keys: [{ kty: 'oct', k: 'c2VjcmV0' }] }),
      JSON.stringify({ fetchedAtMs: nowMs, keys: Array.from({ length: 101 }, (_, i) => key(`k${i}`)) }),
      JSON.stringify({ fetchedAtMs: nowMs + 61_000, keys: [key('k')] }),
      JSON.stringify({ fetchedAtMs: nowMs - LIFETIME_MS, keys: [key('k')] }),
    ].entries()) {
      const name = answers().nameOf('keys', server.uri)
      const sealed = seal.seal(name, Buffer.from(value), nowMs + MINUTE_MS)
      cache.values.set(name, { value: sealed, untilMs: Infinity })
      assert.deepEqual(kids(await started()), ['k1'], value)
      assert.equal(server.requests, index + 1)
    }
  })

  it('is shared only where it can be used', async () => {
    const shared = new SharedKeys(realm(), answers(), clock)
    const useless = { keys: [{ kty: 'oct', k: 'c2VjcmV0' }], lifetimeSeconds: undefined, fetchedAtMs: clock.nowMs() }
    await shared.obtain({ laterThanMs: 0, named: undefined }, () => Promise.resolve(useless))
    await new Promise(setImmediate)
    assert.equal(cache.values.size, 0)
  })
})
