import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

describe('AUTH', () => {
  it('v5 [MQTT-4.12.0-6] without an Authentication Method in CONNECT ends the connection with 0x82', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    client.send({ cmd: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'x' } })
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    assert.equal(client.closedByBroker, true)
  })
})
