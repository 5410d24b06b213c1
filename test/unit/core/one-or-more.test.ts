import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type OneOrMore, visitThings, withoutThing, withThing } from '../../../src/core/one-or-more.ts'

describe('OneOrMore', () => {
  it('holds what a Set would hold, whatever comes and goes, and is undefined when nothing is left', () => {
    const step = fc.record({ thing: fc.constantFrom('a', 'b', 'c'), comes: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step), steps => {
        let things: OneOrMore<string> = undefined
        const expected = new Set<string>()
        for (const { thing, comes } of steps) {
          things = comes ? withThing(things, thing) : withoutThing(things, thing)
          if (comes) expected.add(thing)
          else expected.delete(thing)
          assert.deepEqual(visited(things).toSorted(), [...expected].toSorted())
          assert.equal(things === undefined, expected.size === 0)
        }
      }),
    )
  })

  it('is the thing itself while there is one', () => {
    const thing = {}
    assert.equal(withThing(undefined, thing), thing)
    assert.equal(withThing(thing, thing), thing)
  })
})

function visited<Thing>(things: OneOrMore<Thing>): readonly Thing[] {
  const seen: Thing[] = []
  visitThings(things, thing => seen.push(thing))
  return seen
}
