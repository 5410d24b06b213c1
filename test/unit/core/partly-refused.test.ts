import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BrokerError } from '../../../src/core/errors.ts'
import { PartlyRefused, refusalOf, safetyOf } from '../../../src/core/partly-refused.ts'

const full = new BrokerError('STORE_FULL', 'full')
const partly = new PartlyRefused(new Map([[1, full]]))

describe('PartlyRefused', () => {
  it('is an error like those it stands for, for who knows no share', () => {
    assert.equal(partly.code, 'STORE_FULL')
    assert.equal(partly.cause, full)
  })

  it('says of each share what became of it; any other error is that of all', () => {
    assert.equal(refusalOf(partly, 0), undefined)
    assert.equal(refusalOf(partly, 1), full)
    assert.equal(refusalOf(full, 0), full)
  })

  it('gives a share a promise of its own', async () => {
    await safetyOf(Promise.reject(partly), 0)
    await safetyOf(Promise.resolve(), 1)
    await assert.rejects(safetyOf(Promise.reject(partly), 1), full)
    await assert.rejects(safetyOf(Promise.reject(full), 0), full)
  })
})
