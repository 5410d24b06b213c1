import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePermissions } from '../../../src/core/compiled-permissions.ts'
import { ALLOW_ALL, type Permissions } from '../../../src/core/permissions.ts'
import type { Review, Standing } from '../../../src/ports/auth.ts'
import { ReasonCode } from '../../../src/protocol/reason-codes.ts'
import { TestBrokers } from '../../support/test-broker.ts'

function only(...topicFilters: readonly string[]): Permissions {
  return compilePermissions(topicFilters.map(topicFilter => ({ ...ALLOW_ALL, topicFilter })))
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Brokers whose clients are told `review` of a new configuration. */
async function brokersSaying(review: () => Review): Promise<TestBrokers> {
  const brokers = await TestBrokers.start()
  const standing: Standing = { revoked: () => false, recheckMs: undefined, holds: async () => true, review }
  brokers.door.identity = { standing }
  return brokers
}

async function reviewAll(brokers: TestBrokers): Promise<void> {
  await brokers.worker().broker.review(nextTurn)
  await brokers.settle()
}

describe('a client and a replaced configuration', () => {
  it('goes on where it stands', async () => {
    const brokers = await brokersSaying(() => ({ kind: 'stands' }))
    const client = await brokers.connect('c')
    await client.subscribe('a')
    await reviewAll(brokers)
    assert.equal(client.open, true)
    assert.equal(brokers.count('subscriptions'), 1)
  })

  it('is disconnected where it would not be let in, with the reason', async () => {
    let review: Review = { kind: 'stands' }
    const brokers = await brokersSaying(() => review)
    const client = await brokers.connect('c')
    review = { kind: 'refused' }
    await reviewAll(brokers)
    const { reasonCode, properties } = client.expect('disconnect')
    assert.equal(reasonCode, ReasonCode.NotAuthorized)
    assert.equal(properties?.reasonString, 'the security configuration has changed')
    assert.equal(
      (await brokers.connect('d', { admitted: false })).expect('connack').reasonCode,
      ReasonCode.NotAuthorized,
    )
    brokers.assertNothingLeft()
  })

  it('loses the subscriptions and the right to publish that it has no more', async () => {
    let review: Review = { kind: 'stands' }
    const brokers = await brokersSaying(() => review)
    const client = await brokers.connect('c', { sessionExpiry: 100 })
    await client.subscribe(['mine', 'theirs', '$share/g/theirs'])
    review = { kind: 'permissions', permissions: only('mine') }
    await reviewAll(brokers)
    assert.equal(brokers.count('subscriptions'), 1)
    review = { kind: 'stands' }
    const other = await brokers.connect('other')
    await other.publish('theirs', 'no')
    await other.publish('mine', 'yes')
    assert.equal(client.expect('publish').topic, 'mine')
    client.send({ cmd: 'publish', topic: 'theirs', payload: 'x', qos: 0, dup: false, retain: false })
    await brokers.settle()
    assert.equal(client.expect('disconnect').reasonCode, ReasonCode.NotAuthorized)
  })
})

describe('the will of a client and a replaced configuration', () => {
  it('is not published where the client may not do so any more', async () => {
    let review: Review = { kind: 'stands' }
    const brokers = await brokersSaying(() => review)
    const watcher = await brokers.connect('watcher')
    await watcher.subscribe('#')
    const will = { topic: 'theirs', payload: Buffer.from('gone'), qos: 0, retain: false } as const
    const client = await brokers.connect('c', { will })
    review = { kind: 'permissions', permissions: only('mine') }
    await reviewAll(brokers)
    await client.lose()
    assert.deepEqual(
      watcher.received.filter(({ cmd }) => cmd === 'publish'),
      [],
    )
  })
})

describe('a session that is continued with other permissions', () => {
  it('keeps neither subscriptions nor queued messages that they do not allow', async () => {
    const brokers = await TestBrokers.start()
    const first = await brokers.connect('c', { sessionExpiry: 1_000 })
    await first.subscribe(['mine', 'theirs'], { qos: 1 })
    await first.disconnect()
    const other = await brokers.connect('other')
    await other.publish('theirs', 'queued', { qos: 1 })
    await other.publish('mine', 'queued', { qos: 1 })

    brokers.door.permissions = only('mine')
    const client = await brokers.connect('c', { sessionExpiry: 1_000, clean: false, admitted: false })
    assert.equal(client.expect('connack').sessionPresent, true)
    assert.equal(client.expect('publish').topic, 'mine')
    assert.equal(brokers.count('droppedNotAuthorized'), 1)
    brokers.door.permissions = only('#')
    await other.publish('theirs', 'later', { qos: 1 })
    assert.deepEqual(
      client.received.filter(({ cmd }) => cmd === 'publish'),
      [],
    )
    await client.disconnect()

    const again = await brokers.connect('c', { sessionExpiry: 1_000, clean: false, admitted: false })
    again.expect('connack')
    await other.publish('theirs', 'later', { qos: 1 })
    assert.deepEqual(
      again.received.filter(({ cmd }) => cmd === 'publish'),
      [],
    )
  })
})
