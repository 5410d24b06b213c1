import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SignatureBatches } from '../../../src/auth/signature-batches.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import type { SignaturePool, SignatureResult, SignatureTask } from '../../../src/auth/signature-batches.ts'

/** A pool whose batches end when the test says so. */
class HeldPool implements SignaturePool {
  readonly concurrency: number
  readonly held: { readonly tokens: readonly string[]; end: PromiseWithResolvers<readonly SignatureResult[]> }[] = []

  constructor(concurrency: number) {
    this.concurrency = concurrency
  }

  verifyBatch(tasks: readonly SignatureTask[]): Promise<readonly SignatureResult[]> {
    const end = Promise.withResolvers<readonly SignatureResult[]>()
    this.held.push({ tokens: tasks.map(task => task.compact), end })
    return end.promise
  }

  get sizes(): number[] {
    return this.held.map(batch => batch.tokens.length)
  }
}

function setUp(concurrency: number, waitingMax?: number) {
  const pool = new HeldPool(concurrency)
  const log = new RecordingLog()
  const endOfTick = new EndOfTick(() => undefined)
  const batches = new SignatureBatches(pool, endOfTick, log, waitingMax)
  const key = { kind: 'key', id: 'k', jwk: { kty: 'OKP', crv: 'Ed25519', x: '' } } as const
  const verify = (count: number, realm = 'r') =>
    Array.from({ length: count }, (_, i) =>
      batches.verify(realm, { compact: `${realm}${i}`, algorithm: 'Ed25519', key }),
    )
  return { pool, log, endOfTick, verify }
}

describe('signature batches', () => {
  it('gather the signatures of one tick into one task', async () => {
    const { pool, endOfTick, verify } = setUp(1)
    const results = verify(40)
    assert.deepEqual(pool.sizes, [])
    endOfTick.flush()
    assert.deepEqual(pool.sizes, [40])
    pool.held[0]?.end.resolve(Array.from({ length: 40 }, (_, i) => (i === 7 ? 'bad_signature' : 'valid')))
    const found = await Promise.all(results)
    assert.deepEqual(
      found.map((result, i) => (result === 'valid' ? -1 : i)).filter(i => i >= 0),
      [7],
    )
  })

  it('make tasks of 64 at most, as many at a time as the pool works on', () => {
    const { pool, endOfTick, verify } = setUp(2)
    void verify(150)
    endOfTick.flush()
    assert.deepEqual(pool.sizes, [64, 64])
  })

  it('let the next batch grow while the pool is busy', async () => {
    const { pool, endOfTick, verify } = setUp(1)
    const [first] = verify(1)
    endOfTick.flush()
    for (let tick = 0; tick < 5; tick++) {
      void verify(3)
      endOfTick.flush()
    }
    assert.deepEqual(pool.sizes, [1])
    pool.held[0]?.end.resolve(['valid'])
    await first
    assert.deepEqual(pool.sizes, [1, 15])
  })

  it('serve the realms in turn, so that a flood of one does not hold up another', async () => {
    const { pool, endOfTick, verify } = setUp(1)
    void verify(1000, 'flooded')
    void verify(40, 'calm')
    endOfTick.flush()
    assert.equal(pool.held[0]?.tokens.filter(token => token.startsWith('calm')).length, 32)
    pool.held[0]?.end.resolve([])
    await new Promise(setImmediate)
    const second = pool.held[1]?.tokens ?? []
    assert.equal(second.length, 64)
    assert.equal(second.filter(token => token.startsWith('calm')).length, 8)
  })

  it('take no more of a realm than may wait, and say so', async () => {
    const { endOfTick, verify } = setUp(0, 2)
    const [, , third] = verify(3)
    assert.equal(await third, 'overloaded')
    void verify(2, 'other')
    endOfTick.flush()
  })

  it('call the tokens of a lost batch internal, log it, and go on', async () => {
    const { pool, log, endOfTick, verify } = setUp(1)
    const lost = verify(2)
    endOfTick.flush()
    const next = verify(1)
    endOfTick.flush()
    pool.held[0]?.end.reject(new Error('the thread ended'))
    assert.deepEqual(await Promise.all(lost), ['internal', 'internal'])
    assert.equal(log.errors.length, 1)
    pool.held[1]?.end.resolve(['valid'])
    assert.deepEqual(await Promise.all(next), ['valid'])
  })

  it('take a missing result for internal', async () => {
    const { pool, endOfTick, verify } = setUp(1)
    const results = verify(2)
    endOfTick.flush()
    pool.held[0]?.end.resolve(['valid'])
    assert.deepEqual(await Promise.all(results), ['valid', 'internal'])
  })
})
