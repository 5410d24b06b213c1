import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../../support/test-broker.ts'
import { publishPacket } from '../../../support/wire-client.ts'

describe('DISCONNECT', () => {
  it('v5 [MQTT-3.14.4-1] [MQTT-3.14.4-2] ends the connection, and nothing behind it is handled', async () => {
    const brokers = await TestBrokers.start()
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('#')
    const client = await brokers.connect('c')
    client.send({ cmd: 'disconnect', reasonCode: 0 }, publishPacket('a', 'late'))
    await brokers.settle()
    assert.equal(client.closedByBroker, true)
    assert.deepEqual(client.received, [])
    assert.deepEqual(watcher.payloads(), [])
  })

  it('v5 3.14.2.2.2 may shorten how long the session stays', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { sessionExpiry: 1_000 })
    await client.disconnect(0, 10)
    await brokers.pass(11_000)
    const late = await brokers.connect('c', { clean: false, admitted: false })
    assert.equal(late.expect('connack').sessionPresent, false)
  })

  it('v5 3.14.2.2.2 may end the session at once', async () => {
    const brokers = await TestBrokers.start(2)
    const client = await brokers.connect('c', { sessionExpiry: 1_000 })
    await client.subscribe('a', { qos: 1 })
    await client.disconnect(0, 0)
    brokers.assertNothingLeft()
    const late = await brokers.connect('c', { clean: false, admitted: false })
    assert.equal(late.expect('connack').sessionPresent, false)
  })

  it('v5 3.14.2.2.2 may not make a session stay that CONNECT said would not: 0x82', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.disconnect(0, 100)
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.ProtocolError)
    brokers.assertNothingLeft()
  })
})
