import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Hold, ReadGate } from '../../../src/broker/read-gate.ts'
import { EndOfTick } from '../../../src/core/end-of-tick.ts'
import { TestConnection } from '../../support/test-connection.ts'

it('a connection is read again when the last of those who held it lets go', () => {
  const connection = new TestConnection(new EndOfTick(() => {}), { arrived() {}, closed() {} })
  const gate = new ReadGate(connection)
  gate.release(Hold.rate)
  assert.deepEqual([gate.closed, connection.paused], [false, false])
  gate.hold(Hold.connecting)
  gate.hold(Hold.rate)
  gate.hold(Hold.rate)
  gate.release(Hold.connecting)
  assert.deepEqual([gate.closed, connection.paused], [true, true])
  gate.release(Hold.rate)
  assert.deepEqual([gate.closed, connection.paused], [false, false])
})
