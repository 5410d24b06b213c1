import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { filtersOverlap } from '../../../src/core/filter-overlap.ts'
import { matches } from '../../../src/protocol/topic.ts'

const level = fc.constantFrom('a', 'b', '$s', '', '+')
const filter = fc
  .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([levels, rest]) => [...levels, ...(rest ? ['#'] : [])].join('/'))
  .filter(text => text !== '')

/** Every Topic Name of up to four levels from an alphabet that holds more than any filter names. */
const names = namesOf(['a', 'b', 'c', '$s', ''], 4)

function namesOf(levels: readonly string[], depth: number): readonly string[] {
  let longest: readonly string[] = levels
  const all: string[] = [...levels]
  for (let length = 2; length <= depth; length += 1) {
    longest = longest.flatMap(name => levels.map(next => `${name}/${next}`))
    all.push(...longest)
  }
  return all.filter(name => name !== '')
}

describe('filtersOverlap', () => {
  it('says whether a Topic Name exists that both filters match', () => {
    fc.assert(
      fc.property(filter, filter, (one, other) => {
        const shared = names.some(name => matches(one, name) && matches(other, name))
        assert.equal(filtersOverlap(one, other), shared, `${one} and ${other}`)
        assert.equal(filtersOverlap(other, one), shared)
      }),
      { numRuns: 1000 },
    )
  })

  it('knows that a/# holds a, and that a leading wildcard holds no $-topic', () => {
    assert.equal(filtersOverlap('a/#', 'a'), true)
    assert.equal(filtersOverlap('#', '$SYS/#'), false)
    assert.equal(filtersOverlap('+/broker', '$SYS/+'), false)
    assert.equal(filtersOverlap('$SYS/#', '$SYS/+/x'), true)
    assert.equal(filtersOverlap('/#', '+'), false)
  })
})
