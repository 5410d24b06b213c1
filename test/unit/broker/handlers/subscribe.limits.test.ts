import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReasonCode } from '../../../../src/protocol/reason-codes.ts'
import type { SubscribeOptions } from '../../../support/wire-client.ts'
import { subscribePacket } from '../../../support/wire-client.ts'
import { TestBrokers } from '../../../support/test-broker.ts'

const FAILURE = 0x80

describe('what is not available', () => {
  const unavailable: readonly [limits: object, filter: string, options: SubscribeOptions, code: number][] = [
    [{ wildcardSubscriptionAvailable: false }, 'a/+', {}, ReasonCode.WildcardSubscriptionsNotSupported],
    [{ wildcardSubscriptionAvailable: false }, '#', {}, ReasonCode.WildcardSubscriptionsNotSupported],
    [{ sharedSubscriptionAvailable: false }, '$share/g/a', {}, ReasonCode.SharedSubscriptionsNotSupported],
    [
      { subscriptionIdentifiersAvailable: false },
      'a',
      { subscriptionIdentifier: 1 },
      ReasonCode.SubscriptionIdentifiersNotSupported,
    ],
  ]
  for (const [limits, filter, options, reasonCode] of unavailable) {
    it(`v5 3.2.2.3 ends the connection of who asks for it: ${Object.keys(limits).join()}, ${filter}`, async () => {
      const brokers = await TestBrokers.start(1, { limits })
      const client = await brokers.connect('c')
      client.send(subscribePacket(1, filter, options))
      await brokers.settle()
      assert.equal(client.expect('disconnect').reasonCode, reasonCode)
      assert.deepEqual(client.received, [])
      brokers.assertNothingLeft()
    })
  }

  it('v3.1.1 is refused by filter, for the client cannot know', async () => {
    const limits = { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false }
    const brokers = await TestBrokers.start(1, { limits })
    const client = await brokers.connect('c', { version: 4 })
    assert.deepEqual(await client.subscribe(['a/#', 'a', '$share/g/a'], { qos: 1 }), [FAILURE, 1, FAILURE])
  })
})

describe('the limits of a subscription', () => {
  it('v5 [MQTT-3.2.2-10] no more than the maximum QoS is granted', async () => {
    const brokers = await TestBrokers.start(1, { limits: { maximumQoS: 1 } })
    for (const version of [5, 4] as const) {
      const client = await brokers.connect('c', { version })
      assert.deepEqual(await client.subscribe('a', { qos: 2 }), [1])
    }
  })

  it('a filter that is too long or has too many levels is refused, a share name counting for nothing', async () => {
    const brokers = await TestBrokers.start(1, { limits: { topicBytesMax: 5, topicLevelsMax: 2 } })
    const client = await brokers.connect('c')
    const filters = ['a/b', 'a/b/c', 'abcdef', '$share/group/a/b', '$share/group/a/b/c']
    const invalid = ReasonCode.TopicFilterInvalid
    assert.deepEqual(await client.subscribe(filters), [0, invalid, invalid, 0, invalid])
  })

  it('what was retained before is not sent where nothing is retained', async () => {
    const brokers = await TestBrokers.start(1, { limits: { retainAvailable: false } })
    const will = { topic: 'a', payload: Buffer.from('old'), qos: 0 as const, retain: true }
    const kept = await TestBrokers.start(1, { around: () => brokers.store })
    await (await kept.connect('p', { will })).lose()
    const late = await kept.connect('late')
    await late.subscribe('a')
    assert.deepEqual(late.payloads(), ['old'])
    const client = await brokers.connect('c')
    await client.subscribe('a')
    assert.deepEqual(client.payloads(), [])
  })
})
