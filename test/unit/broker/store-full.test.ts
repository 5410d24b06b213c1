import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const SERVER_UNAVAILABLE = 3

it('a CONNECT above the number of sessions that the store keeps is refused with 0x97, and is no error of ours', async () => {
  const brokers = await TestBrokers.start(1, { store: { sessionsMax: 1 } })
  const kept = await brokers.connect('kept')
  const other = await brokers.connect('other', { admitted: false })
  assert.equal(other.expect('connack').reasonCode, ReasonCode.QuotaExceeded)
  const old = await brokers.connect('old', { version: 4, admitted: false })
  assert.equal(old.expect('connack').returnCode, SERVER_UNAVAILABLE)
  assert.deepEqual(brokers.log.errors, [])
  await kept.disconnect()
  await (await brokers.connect('other')).disconnect()
  brokers.assertNothingLeft()
})
