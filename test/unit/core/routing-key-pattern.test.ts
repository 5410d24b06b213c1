import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { routingKeyOf, RoutingKeyPattern, validPattern } from '../../../src/core/routing-key-pattern.ts'

describe('RoutingKeyPattern', () => {
  it('matches what the same pattern as a regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, text, (source, key) => {
        const expression = new RegExp(`^${source.replaceAll('.', '\\.').replaceAll('*', '.*')}$`)
        assert.equal(new RoutingKeyPattern(source).matches(key), expression.test(key), `${source} ${key}`)
      }),
      { numRuns: 2000 },
    )
  })

  it('takes an encoded star for the letter', () => {
    assert.equal(new RoutingKeyPattern('a%2Fb.%2A').matches('a/b.*'), true)
    assert.equal(new RoutingKeyPattern('a%2Fb.%2A').matches('a/b.c'), false)
  })

  it('holds a pattern for valid only when it can be decoded', () => {
    assert.deepEqual(['a.*', '%2F*', '', '100%', '%zz', '%00', '*%c3*'].map(validPattern), [
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })

  it('answers a hostile text against a hostile pattern at once', () => {
    assert.equal(new RoutingKeyPattern(`${'*a'.repeat(500)}b`).matches('a'.repeat(60_000)), false)
  })
})

describe('routingKeyOf', () => {
  it('is the key that RabbitMQ makes of a topic', () => {
    assert.equal(routingKeyOf('plant/1.5/+/x/#'), 'plant.1/5.*.x.#')
  })
})
