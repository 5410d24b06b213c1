import assert from 'node:assert/strict'
import { it } from 'node:test'
import { brokerLimits } from '../../../src/cluster/broker-limits.ts'
import { readTable } from '../../../src/config/read-table.ts'
import { sections } from '../../../src/config/schema.ts'
import { settingsOf } from '../../../src/config/settings-type.ts'
import type { BrokerLimits } from '../../../src/broker/limits.ts'

it("HiveMQ's defaults hold where nothing is set", () => {
  const limits = limitsOf({})
  assert.equal(limits.maximumQoS, 2)
  assert.equal(limits.retainAvailable && limits.wildcardSubscriptionAvailable, true)
  assert.equal(limits.sharedSubscriptionAvailable && limits.subscriptionIdentifiersAvailable, true)
  assert.equal(limits.receiveMaximum, 10)
  assert.equal(limits.topicAliasMaximum, 5)
  assert.equal(limits.maximumPacketSizeBytes, 268_435_460)
  assert.equal(limits.sessionExpirySecondsMax, 0xffff_ffff)
  assert.equal(limits.messageExpirySecondsMax, Infinity)
  assert.deepEqual([limits.keepAliveSecondsMax, limits.keepAliveUnlimited], [65_535, true])
  assert.deepEqual([limits.clientIdBytesMax, limits.topicBytesMax], [65_535, 65_535])
  assert.equal(limits.connectTimeoutMs, 10_000)
  assert.deepEqual([limits.queuedMessagesMax, limits.queueFull], [1_000, 'discard'])
  assert.equal(limits.traffic.connectionsMax, Infinity)
})

it('what holds for the node or a listener is shared out among the workers, what holds for an address is not', () => {
  const { traffic } = limitsOf({
    GUARDBEE_WORKERS: '4',
    GUARDBEE_CONNECTIONS_MAX: '10',
    GUARDBEE_LISTENER_CONNECT_RATE: '100',
    GUARDBEE_LISTENER_BYTE_RATE: '4096',
    GUARDBEE_ADDRESS_CONNECT_RATE: '8',
    GUARDBEE_CONNECTION_BYTE_RATE: '2048',
  })
  assert.equal(traffic.connectionsMax, 3)
  assert.deepEqual(traffic.listener, { connectionsMax: Infinity, connectsPerSecond: 25, bytesPerSecond: 1024 })
  assert.deepEqual(traffic.address, { connectionsMax: Infinity, connectsPerSecond: 8, bytesPerSecond: Infinity })
  assert.equal(traffic.connectionBytesPerSecond, 2048)
})

it('switches are read', () => {
  const limits = limitsOf({
    GUARDBEE_MAXIMUM_QOS: '1',
    GUARDBEE_RETAIN_AVAILABLE: 'off',
    GUARDBEE_KEEP_ALIVE_UNLIMITED: 'off',
    GUARDBEE_QUEUE_FULL: 'discard-oldest',
  })
  assert.deepEqual([limits.maximumQoS, limits.retainAvailable, limits.keepAliveUnlimited], [1, false, false])
  assert.equal(limits.queueFull, 'discard-oldest')
})

function limitsOf(environment: Readonly<Record<string, string>>): BrokerLimits {
  const { values, problems } = readTable(sections, environment, { cores: 1 })
  assert.deepEqual(problems, [])
  return brokerLimits(settingsOf(values))
}
