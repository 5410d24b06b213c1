import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { joined, namesIn, split } from '../../../src/auth/ese-list.ts'

describe('lists in one variable', () => {
  it('finds the names again that were joined', () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '{', ' ') }), { maxLength: 5 })
    fc.assert(fc.property(names, list => assert.deepEqual(split(joined(list, '<<', '>>'), '<<', '>>'), list)))
  })

  it('reads a role key as a list or as one name', () => {
    assert.deepEqual(namesIn('{{admin}}{{reader}}'), ['admin', 'reader'])
    assert.deepEqual(namesIn('admin reader'), ['admin reader'])
    assert.deepEqual(namesIn(''), [])
    assert.deepEqual(namesIn(undefined), [])
    assert.deepEqual(namesIn('{{admin'), [])
  })

  it('reads no more than 1024 names', () => {
    assert.equal(namesIn('{{a}}'.repeat(5_000)).length, 1_024)
  })
})
