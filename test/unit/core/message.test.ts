import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Message, NEVER_EXPIRES, NO_PROPERTIES } from '../../../src/core/message.ts'

describe('Message', () => {
  it('v5 [MQTT-3.3.2-5] has expired from the moment its interval has passed', () => {
    const message = messageExpiringAt(5_000)
    assert.equal(message.expired(4_999), false)
    assert.equal(message.expired(5_000), true)
  })

  it('does not expire without an interval', () => {
    assert.equal(messageExpiringAt(NEVER_EXPIRES).expired(Number.MAX_SAFE_INTEGER), false)
  })
})

function messageExpiringAt(expiresAtMs: number): Message {
  return new Message({
    topicName: 'a',
    payload: Buffer.from('x'),
    properties: NO_PROPERTIES,
    qos: 1,
    retain: false,
    expiresAtMs,
    publisher: '',
  })
}
