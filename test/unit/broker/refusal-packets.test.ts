import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Refusal } from '../../../src/broker/refusal.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const ELSEWHERE = 'other.example:8883'

describe('the Server Reference', () => {
  it('v5 4.11 goes with the DISCONNECT whose refusal names one, and with no other', async () => {
    const brokers = await TestBrokers.start()
    for (const serverReference of [ELSEWHERE, undefined]) {
      const client = await brokers.connect('c')
      await closeAll(brokers, { reasonCode: ReasonCode.UseAnotherServer, why: 'use another one', serverReference })
      const { properties } = client.expect('disconnect')
      assert.equal(properties?.serverReference, serverReference)
      assert.equal(properties?.reasonString, 'use another one')
    }
  })
})

describe('the reason of a DISCONNECT', () => {
  it('v5 [MQTT-3.14.2-3] is left out where the packet would be too large for the client', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { maximumPacketSize: 12 } })
    await closeAll(brokers, { reasonCode: 0x8b, why: 'x'.repeat(20) })
    const disconnect = client.expect('disconnect')
    assert.equal(disconnect.reasonCode, ReasonCode.ServerShuttingDown)
    assert.equal(disconnect.properties?.reasonString, undefined)
  })

  it('v5 [MQTT-3.1.2-29] is left out for a client that wants none', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c', { properties: { requestProblemInformation: false } })
    await closeAll(brokers, { reasonCode: 0x8b, why: 'why' })
    assert.equal(client.expect('disconnect').properties?.reasonString, undefined)
  })
})

async function closeAll(brokers: TestBrokers, refusal: Refusal): Promise<void> {
  await brokers.worker().broker.disconnectAll(refusal, () => undefined)
}
