import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { durationWords, permissionWords, quotedWords, valueWords } from '../../../../src/auth/explain/plain-words.ts'
import { ALLOW_ALL } from '../../../../src/core/permissions.ts'

describe('plain words', () => {
  it('say a length of time in the unit that says most', () => {
    const said = [0, -3_000, 119_000, 120_000, 7_199_000, 7_200_000, 172_800_000].map(durationWords)
    assert.deepEqual(said, ['0 s', '3 s', '119 s', '2 min', '119 min', '2 h', '2 d'])
  })

  it('show the value of a claim so that it can steer no terminal', () => {
    assert.equal(valueWords('a\u001b[31m"b"'), '"a\\u001b[31m\\"b\\""')
    assert.equal(valueWords({ a: '\u009b' }), '{"a":"�"}')
    assert.equal(valueWords(['a', 1]), '["a",1]')
    assert.equal(valueWords(undefined), 'absent')
    assert.equal(quotedWords('x'.repeat(300)).length, 203)
  })

  it('say of a permission what it does not leave open', () => {
    assert.equal(permissionWords(ALLOW_ALL), 'allow publish and subscribe "#" (from allow-all)')
    const narrow = {
      ...ALLOW_ALL,
      effect: 'deny',
      activity: ['subscribe'],
      syntax: 'literal',
      qos: [1],
      retain: 'retained',
      shared: 'shared',
      sharedGroup: 'g',
    } as const
    assert.equal(
      permissionWords(narrow),
      'deny subscribe "#" as a literal with QoS 1 retained shared in share group "g" (from allow-all)',
    )
  })
})
