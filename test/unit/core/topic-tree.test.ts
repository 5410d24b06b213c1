import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TopicTree } from '../../../src/core/topic-tree.ts'
import { matches } from '../../../src/protocol/topic.ts'

const level = fc.constantFrom('', 'a', 'b', '$s')
const anyName = fc.array(level, { minLength: 1, maxLength: 4 }).map(levels => levels.join('/'))
const anyFilter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant('+')), { maxLength: 4 }), fc.boolean())
  .filter(([levels, rest]) => rest || levels.length > 0)
  .map(([levels, rest]) => (rest ? [...levels, '#'] : levels).join('/'))

describe('TopicTree', () => {
  it('finds exactly the filters that match, whatever was added and removed in whatever order', () => {
    const step = fc.record({ topicFilter: anyFilter, entry: fc.nat(3), add: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), anyName, (steps, topicName) => {
        const tree = new TopicTree<string>()
        const held = new Set<string>()
        for (const { topicFilter, entry, add } of steps) {
          const text = `${entry} ${topicFilter}`
          if (add) {
            tree.add(topicFilter, text)
            held.add(text)
          } else {
            tree.remove(topicFilter, text)
            held.delete(text)
          }
        }
        const expected = [...held].filter(text => matches(text.slice(text.indexOf(' ') + 1), topicName))
        assert.deepEqual(visited(tree, topicName), expected.toSorted())
      }),
    )
  })

  it('is empty again when everything was removed, in any order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyFilter), fc.infiniteStream(fc.nat()), (filters, numbers) => {
        const tree = new TopicTree<string>()
        for (const topicFilter of filters) tree.add(topicFilter, topicFilter)
        const left = [...filters]
        while (left.length > 0) {
          assert.equal(tree.empty, false)
          const [topicFilter = ''] = left.splice((numbers.next().value ?? 0) % left.length, 1)
          tree.remove(topicFilter, topicFilter)
        }
        assert.equal(tree.empty, true)
      }),
    )
  })

  it('v5 [MQTT-4.7.2-1] a filter that starts with a wildcard does not match a name that starts with $', () => {
    const tree = treeOf('#', '+/a', '$s/#', '$s/+', '+')
    assert.deepEqual(visited(tree, '$s/a'), ['$s/#', '$s/+'])
    assert.deepEqual(visited(tree, '$s'), ['$s/#'])
  })

  it('v5 4.7.1.2 a filter with # matches the parent level and everything below', () => {
    const tree = treeOf('sport/#')
    for (const topicName of ['sport', 'sport/', 'sport/tennis', 'sport/tennis/player1']) {
      assert.deepEqual(visited(tree, topicName), ['sport/#'])
    }
    assert.deepEqual(visited(tree, 'sports'), [])
  })

  it('visits an entry once for each of its filters that match, and once where it was added twice', () => {
    const tree = new TopicTree<string>()
    for (const topicFilter of ['a/b', 'a/b', 'a/+', 'a/#', 'b']) tree.add(topicFilter, 'entry')
    assert.deepEqual(visited(tree, 'a/b'), ['entry', 'entry', 'entry'])
  })

  it('ignores the removal of what is not there', () => {
    const tree = treeOf('a/b/c')
    for (const topicFilter of ['a', 'a/b', 'a/b/c/d', 'a/#', '#', 'x']) tree.remove(topicFilter, 'a/b/c')
    tree.remove('a/b/c', 'somebody else')
    assert.deepEqual(visited(tree, 'a/b/c'), ['a/b/c'])
  })
})

function treeOf(...topicFilters: readonly string[]): TopicTree<string> {
  const tree = new TopicTree<string>()
  for (const topicFilter of topicFilters) tree.add(topicFilter, topicFilter)
  return tree
}

function visited(tree: TopicTree<string>, topicName: string): readonly string[] {
  const found: string[] = []
  tree.match(topicName, entry => found.push(entry))
  return found.toSorted()
}
