import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { IConnackPacket } from 'mqtt-packet'
import { generate } from 'mqtt-packet'
import { receiveMaximumIn } from '../../../../bench/load/receive-maximum.ts'

function propertiesOf(properties: NonNullable<IConnackPacket['properties']>): Buffer {
  const packet: IConnackPacket = { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }
  return generate(packet, { protocolVersion: 5 }).subarray(4)
}

describe('receiveMaximumIn', () => {
  it('finds it behind other properties', () => {
    const properties = { sessionExpiryInterval: 7, assignedClientIdentifier: 'auto-1', receiveMaximum: 1_024 }
    assert.equal(receiveMaximumIn(propertiesOf({ ...properties, topicAliasMaximum: 16 })), 1_024)
  })

  it('is the largest possible when the broker names none', () => {
    assert.equal(receiveMaximumIn(propertiesOf({ topicAliasMaximum: 16 })), 65_535)
    assert.equal(receiveMaximumIn(Buffer.of(0)), 65_535)
  })
})
