import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TopicTree } from '../../src/core/topic-tree.ts'
import { matches, validTopicFilter, validTopicName } from '../../src/protocol/topic.ts'

const level = fc.constantFrom('', 'a', 'b', 'aa', '$x', ' ', 'é')
const topicName = fc.array(level, { minLength: 1, maxLength: 6 }).map(levels => levels.join('/'))
const filterLevel = fc.oneof({ weight: 3, arbitrary: level }, fc.constantFrom('+', '#'))
const anyFilter = fc.array(filterLevel, { minLength: 1, maxLength: 6 }).map(levels => levels.join('/'))
const topicFilter = anyFilter.filter(validTopicFilter)

/** The rules of v5 4.7, written down a second time as a regular expression. */
function expressionOf(filter: string): RegExp {
  const levels = filter.split('/').map(each => {
    if (each === '+') return String.raw`[^\/]*`
    return each.replaceAll('$', String.raw`\$`) // nothing else here means anything in an expression
  })
  const notDollar = filter.startsWith('+') || filter.startsWith('#') ? String.raw`(?!\$)` : ''
  if (levels.at(-1) !== '#') return new RegExp(`^${notDollar}${levels.join('/')}$`)
  if (levels.length === 1) return new RegExp(`^${notDollar}.*$`)
  return new RegExp(`^${notDollar}${levels.slice(0, -1).join('/')}(?:/.*)?$`)
}

describe('Topic Filters', () => {
  it('match as the standard says', () => {
    fc.assert(
      fc.property(topicFilter, topicName.filter(validTopicName), (filter, name) => {
        assert.equal(matches(filter, name), expressionOf(filter).test(name), `${filter} and ${name}`)
      }),
      { numRuns: 5000 },
    )
  })

  it('are found by the topic tree exactly when they match', () => {
    const filters = fc.uniqueArray(topicFilter, { maxLength: 20 })
    fc.assert(
      fc.property(filters, filters, topicName.filter(validTopicName), (added, removed, name) => {
        const tree = new TopicTree<string>()
        for (const filter of [...added, ...removed]) tree.add(filter, filter)
        for (const filter of removed) tree.remove(filter, filter)
        const found: string[] = []
        tree.match(name, filter => found.push(filter))
        const expected = added.filter(filter => !removed.includes(filter) && matches(filter, name))
        assert.deepEqual(found.toSorted(), expected.toSorted())
      }),
      { numRuns: 1000 },
    )
  })

  it('are invalid as soon as a wildcard does not fill its level or # is not the last', () => {
    fc.assert(
      fc.property(anyFilter, fc.constantFrom('a#', '+a', 'a+', '##', '#+'), fc.nat(5), (filter, wrong, at) => {
        assert.equal(validTopicFilter(filter.split('/').toSpliced(at, 0, wrong).join('/')), false)
        assert.equal(validTopicFilter(`#/${filter}`), false)
      }),
    )
  })
})
