import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { claimAt, claimTexts } from '../../../src/auth/claim-path.ts'

describe('claimAt', () => {
  const claims = { realm_access: { roles: ['a'] }, 'https://x.example/roles': ['b'], 'a.b': 1, a: { b: 2 } }

  it('finds a claim by its name or by the way to it', () => {
    assert.deepEqual(claimAt(claims, 'realm_access.roles'), ['a'])
    assert.deepEqual(claimAt(claims, 'https://x.example/roles'), ['b'])
    assert.equal(claimAt(claims, 'a.b'), 1)
  })

  it('finds nothing that is inherited, or below what is no object', () => {
    for (const path of ['constructor', 'a.constructor', 'realm_access.roles.length', 'a.b.c', '', 'none']) {
      assert.equal(claimAt(claims, path), undefined, path)
    }
  })
})

describe('claimTexts', () => {
  it('takes texts, numbers and truth values, alone or in an array', () => {
    assert.deepEqual(claimTexts('a b'), ['a b'])
    assert.deepEqual(claimTexts(['a', 7, true, null, {}, ['x']]), ['a', '7', 'true'])
    assert.deepEqual(claimTexts({ a: 1 }), [])
    assert.deepEqual(claimTexts(undefined), [])
  })
})
