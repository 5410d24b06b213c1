import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { KeySet } from '../../../src/auth/key-set.ts'
import { VerifierPool } from '../../../src/auth/verifier-pool.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLog } from '../../support/recording-log.ts'
import { issuerKey, signed, withFlippedBit, type IssuerKey } from './token-fixtures.ts'
import type { SignatureTask } from '../../../src/auth/signature-batches.ts'
import type { SignatureAlgorithm } from '../../../src/auth/signature-algorithm.ts'

async function taskFor(key: IssuerKey, algorithm: SignatureAlgorithm): Promise<SignatureTask> {
  const keySet = new KeySet({ realm: 'r', keys: [key.jwk], fetchedAtMs: 0 })
  const selected = keySet.select({ kind: 'header', algorithm, kid: undefined })
  assert.ok(selected.kind === 'key')
  const compact = await signed(key, { alg: algorithm }, { sub: 'a' })
  return { compact: compact.toString(), algorithm, key: selected }
}

describe('the verifier pool', () => {
  let pool: VerifierPool
  let clock: FakeClock
  let good: SignatureTask

  before(async () => {
    clock = new FakeClock()
    pool = new VerifierPool(2, clock, new RecordingLog())
    good = await taskFor(await issuerKey('ES256', 'k'), 'ES256')
  })
  after(() => pool.destroy())

  it('gives a result for each signature of a batch, in their order', async () => {
    const rsa = await taskFor(await issuerKey('PS384', 'k'), 'PS384')
    const ed = await taskFor(await issuerKey('Ed25519', 'k'), 'Ed25519')
    const flipped = { ...good, compact: withFlippedBit(Buffer.from(good.compact)).toString() }
    assert.deepEqual(await pool.verifyBatch([good, flipped, rsa, ed, { ...good, key: ed.key }, good]), [
      'valid',
      'bad_signature',
      'valid',
      'valid',
      'key_unsuitable',
      'valid',
    ])
  })

  it('survives whatever a token is', async () => {
    for (const compact of ['', 'a', '..', 'a.b.c', 'e30.e30.AA', '\0.\0.\0', 'ä.ä.ä', `${good.compact}.x`]) {
      const [result] = await pool.verifyBatch([{ ...good, compact }])
      assert.ok(result === 'bad_signature' || result === 'internal', `${compact} is ${result}`)
    }
    assert.deepEqual(await pool.verifyBatch([good]), ['valid'])
  })

  it('does not take the algorithm from the token', async () => {
    const other = await taskFor(await issuerKey('ES384', 'k'), 'ES384')
    const [result] = await pool.verifyBatch([{ ...good, compact: other.compact }])
    assert.notEqual(result, 'valid')
  })

  it('gives up a batch that takes too long, and verifies the next', async () => {
    // Again and again, for the answer may be on its way already.
    for (let round = 0; round < 5; round++) {
      const batch = pool.verifyBatch([good])
      clock.advance(10_000)
      await assert.rejects(batch)
      assert.deepEqual(await pool.verifyBatch([good]), ['valid'])
    }
  })

  it('ends, and loses what is not done', async () => {
    const ending = new VerifierPool(1, clock, new RecordingLog())
    const batch = ending.verifyBatch([good])
    const lost = assert.rejects(batch)
    await ending.destroy()
    await lost
  })
})
