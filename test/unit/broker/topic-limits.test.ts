import assert from 'node:assert/strict'
import { it } from 'node:test'
import { topicTooLong } from '../../../src/broker/topic-limits.ts'

it('a topic is too long by its bytes or by its levels, of which empty ones count', () => {
  const limits = { topicBytesMax: 6, topicLevelsMax: 3 }
  for (const topic of ['a', 'abcdef', 'äöü', 'a/b/c', '//']) assert.equal(topicTooLong(topic, limits), false, topic)
  for (const topic of ['abcdefg', 'äöüa', '///', 'a/b/c/']) assert.equal(topicTooLong(topic, limits), true, topic)
})
