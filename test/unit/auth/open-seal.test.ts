import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSeal } from '../../../src/auth/open-seal.ts'

const NOW = 1_700_000_000_000

describe('the seal of nodes without a secret', () => {
  it('keeps a value and its end', () => {
    const sealed = openSeal.seal('name', Buffer.from('a value'), NOW + 1000)
    assert.deepEqual(openSeal.open('name', sealed, NOW + 999), { value: Buffer.from('a value'), untilMs: NOW + 1000 })
    assert.equal(openSeal.open('name', sealed, NOW + 1000), undefined)
  })

  it('is not taken for that of a cluster, nor what is none for it', () => {
    const sealed = openSeal.seal('name', Buffer.alloc(40), NOW + 1000)
    assert.equal(sealed[0], 0)
    for (const bytes of [Buffer.alloc(0), sealed.subarray(0, 8), Buffer.concat([Buffer.of(1), sealed.subarray(1)])]) {
      assert.equal(openSeal.open('name', bytes, NOW), undefined)
    }
  })

  it('names things by all of their parts', () => {
    assert.equal(openSeal.nameOf('a', 'b'), openSeal.nameOf('a', 'b'))
    assert.notEqual(openSeal.nameOf('a', 'b'), openSeal.nameOf('ab'))
  })
})
