import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestBrokers, type TestConnect } from '../../support/test-broker.ts'
import type { WireClient } from '../../support/wire-client.ts'

const FILTER = '$share/group/a'

describe('what a member of a Shared Subscription had when its session ended', () => {
  const others: readonly [who: string, how: TestConnect][] = [
    ['here', { at: 0 }],
    ['at another worker', { at: 1 }],
    ['with a persistent session', { at: 1, sessionExpiry: 60 }],
    ['of MQTT 3', { at: 0, version: 4 }],
  ]
  for (const [who, how] of others) {
    it(`v5 4.8.2 goes to a member ${who}: in flight at QoS 1, and what waited`, async () => {
      const { brokers, member, publisher } = await alone()
      for (const payload of ['1', '2', '3']) publisher.sendPublish('a', payload, { qos: 1 })
      publisher.sendPublish('a', '4', { qos: 2 })
      await brokers.settle()
      assert.deepEqual(member.payloads(), ['1', '2'])
      const other = await brokers.connect('other', how)
      await other.subscribe(FILTER, { qos: 2 })
      await member.lose()
      const messages = other.takeAll('publish')
      assert.deepEqual(
        messages.map(({ payload, qos, dup }) => [payload.toString(), qos, dup]),
        [
          ['1', 1, false],
          ['2', 1, false],
          ['3', 1, false],
          ['4', 2, false],
        ],
      )
      await other.disconnect(0, how.sessionExpiry === undefined ? undefined : 0)
      await publisher.disconnect()
      brokers.assertNothingLeft()
    })
  }

  it('v5 [MQTT-4.8.2-5] goes to nobody else when it is in flight at QoS 2', async () => {
    const { brokers, member, publisher } = await alone()
    await publisher.publish('a', 'twice', { qos: 2 })
    assert.deepEqual(member.payloads(), ['twice'])
    const other = await brokers.connect('other')
    await other.subscribe(FILTER, { qos: 2 })
    await member.lose()
    assert.deepEqual(other.payloads(), [])
  })

  it('v5 [MQTT-4.8.2-6] goes to nobody else once it was acknowledged, with an error as well', async () => {
    const { brokers, member, publisher } = await alone()
    for (const payload of ['1', '2']) await publisher.publish('a', payload, { qos: 1 })
    const [first, second] = member.takeAll('publish')
    member.send({ cmd: 'puback', messageId: first?.messageId ?? 0, reasonCode: 0x83 })
    member.send({ cmd: 'puback', messageId: second?.messageId ?? 0 })
    await brokers.settle()
    const other = await brokers.connect('other')
    await other.subscribe(FILTER, { qos: 1 })
    await member.lose()
    assert.deepEqual(other.payloads(), [])
    assert.equal(brokers.count('bytesWaiting'), 0)
  })

  it('is gone with it when there is no other member, or it has expired', async () => {
    const { brokers, member, publisher } = await alone()
    await publisher.publish('a', 'nobody', { qos: 1 })
    await member.lose()
    const second = await brokers.connect('second')
    second.acknowledging = false
    await second.subscribe(FILTER, { qos: 1 })
    await publisher.publish('a', 'late', { qos: 1, properties: { messageExpiryInterval: 5 } })
    const third = await brokers.connect('third')
    await third.subscribe(FILTER, { qos: 1 })
    await brokers.pass(6_000)
    await second.lose()
    assert.deepEqual(third.payloads(), [])
    assert.equal(brokers.count('droppedExpired'), 1)
    assert.equal(brokers.count('bytesWaiting'), 0)
  })

  it('counts by its bytes as long as it is in flight', async () => {
    const { brokers, member, publisher } = await alone()
    await publisher.publish('a', 'x'.repeat(100), { qos: 1 })
    assert.equal(brokers.count('bytesWaiting'), 100)
    const [sent] = member.takeAll('publish')
    member.send({ cmd: 'puback', messageId: sent?.messageId ?? 0 })
    await brokers.settle()
    assert.equal(brokers.count('bytesWaiting'), 0)
  })

  it('is more than a tick takes, and all of it arrives in its order', async () => {
    const { brokers, member, publisher } = await alone(1_000)
    for (let number = 0; number < 900; number++) publisher.sendPublish('a', String(number), { qos: 1 })
    await brokers.settle()
    const other = await brokers.connect('other')
    await other.subscribe(FILTER, { qos: 1 })
    await member.lose()
    assert.deepEqual(
      other.payloads(),
      Array.from({ length: 900 }, (_, number) => String(number)),
    )
  })
})

/** One member that acknowledges nothing. */
async function alone(receiveMaximum = 2): Promise<{
  readonly brokers: TestBrokers
  readonly member: WireClient
  readonly publisher: WireClient
}> {
  const brokers = await TestBrokers.start(2)
  const member = await brokers.connect('member', { properties: { receiveMaximum } })
  member.acknowledging = false
  await member.subscribe(FILTER, { qos: 2 })
  return { brokers, member, publisher: await brokers.connect('publisher') }
}
