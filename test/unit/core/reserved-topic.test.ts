import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reservedTopic } from '../../../src/core/reserved-topic.ts'

describe('reservedTopic', () => {
  it('keeps the topics of the broker from clients, and no others', () => {
    for (const topicName of ['$SYS/x', '$share/a/b', '$CONTROL/']) assert.equal(reservedTopic(topicName), true)
    for (const topicName of ['SYS/x', '$SYS', '$other/x', 'a/$SYS/x', '']) assert.equal(reservedTopic(topicName), false)
  })
})
