import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePermissions } from '../../../src/core/compiled-permissions.ts'
import { ALLOW_ALL } from '../../../src/core/permissions.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'

const UPTIME = '$SYS/broker/uptime'
const CONNECTED = '$SYS/broker/clients/connected'

describe('the $SYS topics', () => {
  it('reach the subscribers of each worker once, persistent or not, also one that comes later', async () => {
    const brokers = await TestBrokers.start(2)
    const early = [
      await brokers.connect('0', { at: 0 }),
      await brokers.connect('1', { at: 1 }),
      await brokers.connect('2', { at: 1, sessionExpiry: 60 }),
    ]
    for (const client of early) await client.subscribe('$SYS/#', { qos: 2 })
    await publish(brokers, { [UPTIME]: '10 seconds', [CONNECTED]: '3' })
    for (const client of early) {
      const messages = client.takeAll('publish')
      assert.deepEqual(
        messages.map(({ topic, payload, qos, retain }) => [topic, payload.toString(), qos, retain]),
        [
          [UPTIME, '10 seconds', 0, false],
          [CONNECTED, '3', 0, false],
        ],
      )
    }
    const late = await brokers.connect('late')
    await late.subscribe('$SYS/broker/clients/+')
    assert.deepEqual(
      late.takeAll('publish').map(({ topic, payload, retain }) => [topic, payload.toString(), retain]),
      [[CONNECTED, '3', true]],
    )
  })

  it('bring a value again when it has changed only', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.subscribe('$SYS/#')
    await publish(brokers, { [UPTIME]: '10 seconds', [CONNECTED]: '1' })
    await publish(brokers, { [UPTIME]: '20 seconds', [CONNECTED]: '1' })
    assert.deepEqual(client.payloads(), ['10 seconds', '1', '20 seconds'])
  })

  it('v5 [MQTT-4.7.2-1] are not matched by wildcards in front', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.subscribe(['#', '+/broker/uptime'])
    await publish(brokers, { [UPTIME]: '10 seconds' })
    assert.deepEqual(client.payloads(), [])
  })

  it('are not for clients to publish to', async () => {
    const brokers = await TestBrokers.start()
    const client = await brokers.connect('c')
    await client.publish(UPTIME, '0 seconds', { qos: 1 })
    assert.equal(client.expect('puback').reasonCode, ReasonCode.NotAuthorized)
  })

  it('need a permission, and one for # is none', async () => {
    const brokers = await TestBrokers.start()
    brokers.door.permissions = compilePermissions([{ ...ALLOW_ALL, topicFilter: '#' }])
    const plain = await brokers.connect('plain')
    assert.deepEqual(await plain.subscribe(['a', '$SYS/#']), [0, ReasonCode.NotAuthorized])
    brokers.door.permissions = compilePermissions([{ ...ALLOW_ALL, topicFilter: '$SYS/#' }])
    const operator = await brokers.connect('operator')
    assert.deepEqual(await operator.subscribe('$SYS/#'), [0])
  })
})

/** Every worker is told, as the primary does. */
async function publish(brokers: TestBrokers, values: Readonly<Record<string, string>>): Promise<void> {
  const topics = Object.entries(values).map(([topicName, value]) => ({ topicName, value }))
  for (const { broker } of brokers.workers) broker.publishSys(topics)
  await brokers.settle()
}
