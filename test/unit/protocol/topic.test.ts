import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  decodeTopicName,
  filterCovers,
  matches,
  parseSharedFilter,
  TOPIC_LEVELS_MAX,
  validTopicFilter,
  validTopicName,
} from '../../../src/protocol/topic.ts'

const deepest = Array<string>(TOPIC_LEVELS_MAX).fill('a').join('/')
const validNames = ['a', '/', 'a/b', '/a', 'a/', 'a//b', ' ', '$SYS/x', '$', 'Ä/🐝', deepest, 'x'.repeat(65_535)]
const invalidNames = ['', '+', '#', 'a/#', 'a+b', 'a\0', 'a\n', '\u0085', '\ufffe', `${deepest}/a`, 'x'.repeat(65_536)]

describe('topic names', () => {
  it('are valid', () => {
    for (const name of validNames) assert.equal(validTopicName(name), true, name.slice(0, 20))
  })

  it('v5 [MQTT-4.7.3-1] [MQTT-4.7.1-1] [MQTT-4.7.3-2] are invalid', () => {
    for (const name of invalidNames) assert.equal(validTopicName(name), false, name.slice(0, 20))
    assert.equal(validTopicName('ä'.repeat(32_768)), false)
  })

  it('are decoded from within a buffer, exactly the valid ones', () => {
    for (const name of [...validNames, ...invalidNames]) {
      const bytes = Buffer.from(`+${name}#`)
      assert.equal(decodeTopicName(bytes, 1, bytes.length - 1), validTopicName(name) ? name : undefined)
    }
    assert.equal(decodeTopicName(Buffer.from([0x61, 0xc3]), 0, 2), undefined)
  })
})

describe('topic filters', () => {
  it('v5 [MQTT-4.7.1-1] [MQTT-4.7.1-2] have wildcards that fill their level, # the last one', () => {
    for (const filter of [...validNames, '#', '+', '/#', '+/+', 'a/+/b', '+/#', 'a/#', '/+', '$SYS/#']) {
      assert.equal(validTopicFilter(filter), true, filter.slice(0, 20))
    }
    for (const filter of ['', 'a#', 'a/#/b', '#/', 'a+', '+a', 'a/b+/c', '##', '++', '+#', 'a\0', `${deepest}/#`]) {
      assert.equal(validTopicFilter(filter), false, filter)
    }
  })

  it('v5 [MQTT-4.8.2-1] [MQTT-4.8.2-2] of shared subscriptions are split, or invalid', () => {
    assert.deepEqual(parseSharedFilter('$share/bees/a/#'), { shareName: 'bees', topicFilter: 'a/#' })
    assert.deepEqual(parseSharedFilter('$share/bees//'), { shareName: 'bees', topicFilter: '/' })
    for (const filter of ['a', '$share', '$shared/a/b', '/$share/a/b'])
      assert.equal(parseSharedFilter(filter), undefined)
    for (const filter of [
      '$share/',
      '$share/a',
      '$share/a/',
      '$share//a',
      '$share/+/a',
      '$share/a#/b',
      '$share/a/b#',
    ]) {
      assert.equal(parseSharedFilter(filter), 'invalid', filter)
    }
  })

  it('match topic names', () => {
    const cases: readonly [string, string, boolean][] = [
      ['sport/tennis/player1/#', 'sport/tennis/player1', true],
      ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon', true],
      ['sport/#', 'sports', false],
      ['#', 'a/b', true],
      ['sport/+', 'sport', false],
      ['sport/+', 'sport/', true],
      ['+/+', '/finance', true],
      ['/+', '/finance', true],
      ['+', '/finance', false],
      ['a/b', 'a/b/c', false],
      ['a/b/c', 'a/b', false],
      ['#', '$SYS/x', false], // v5 [MQTT-4.7.2-1]
      ['+/x', '$SYS/x', false],
      ['$SYS/#', '$SYS/x', true],
      ['$SYS/+', '$SYS/x', true],
    ]
    for (const [filter, name, expected] of cases) assert.equal(matches(filter, name), expected, `${filter} ${name}`)
  })
})

describe('filter containment', () => {
  it('is that of the sets of names', () => {
    const cases: readonly [string, string, boolean][] = [
      ['#', '#', true],
      ['#', 'a/+', true],
      ['a/#', 'a', true],
      ['a/#', 'a/#', true],
      ['a/#', 'a/+/b', true],
      ['a/+', 'a/#', false],
      ['a/+', 'a/b', true],
      ['a/b', 'a/+', false],
      ['+/#', '#', true],
      ['/+/#', '/#', true],
      ['a/+/#', 'a/#', false],
      ['+/+/#', '#', false],
      ['#', '$SYS/#', false],
      ['+/x', '$SYS/x', false],
      ['$SYS/#', '$SYS/+', true],
      ['$SYS/#', '#', false],
    ]
    for (const [granted, requested, expected] of cases) {
      assert.equal(filterCovers(granted, requested), expected, `${granted} covers ${requested}`)
    }
  })

  it('says exactly what matching every name says', () => {
    const level = fc.constantFrom('a', 'b', '+', '', '$s')
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
      .map(([levels, hash]) => (hash ? (levels.length === 3 ? '#' : [...levels, '#'].join('/')) : levels.join('/')))
      .filter(validTopicFilter)
    const names = everyName(['a', 'b', '', '$s', 'other'], 5)
    fc.assert(
      fc.property(filter, filter, (granted, requested) => {
        const contained = names.every(name => !matches(requested, name) || matches(granted, name))
        assert.equal(filterCovers(granted, requested), contained)
      }),
      { numRuns: 2000 },
    )
  })
})

/** All names of up to `depth` of these levels. */
function everyName(levels: readonly string[], depth: number): readonly string[] {
  let longest: readonly string[] = levels
  const names = [...longest]
  for (let count = 1; count < depth; count += 1) {
    longest = longest.flatMap(name => levels.map(level => `${name}/${level}`))
    names.push(...longest)
  }
  return names.filter(validTopicName)
}
