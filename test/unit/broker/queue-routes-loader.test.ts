import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QueueRoutesLoader } from '../../../src/broker/queue-routes-loader.ts'
import { SubscriptionTable } from '../../../src/broker/subscription-table.ts'
import type { SessionNews } from '../../../src/core/frame.ts'
import type { Subscription } from '../../../src/core/subscription.ts'
import type { OwnedSubscription, SubscriptionStore } from '../../../src/ports/store.ts'
import { subscriberOf } from '../../support/test-subscriber.ts'

const PEER = 'node/1'

describe('QueueRoutesLoader', () => {
  it('brings in what is stored, page by page, and takes out what is not', async () => {
    const { table, loader, store } = loading([owned('one', 'a')], [owned('two', 'a'), owned('two', 'b')])
    table.members.put('gone', 1, subscriptionTo('a'))
    await loader.load()
    assert.deepEqual(known(table, 'a'), ['one', 'two'])
    assert.deepEqual(known(table, 'b'), ['two'])
    store.pages = []
    await loader.load()
    assert.equal(table.size, 0)
  })

  it('leaves alone what changes while it loads', async () => {
    const { table, loader, store } = loading([owned('removed', 'a'), owned('changed', 'a')])
    store.whileReading = () => {
      learn(table, 'removed', { removed: ['a'] })
      learn(table, 'changed', { put: [subscriptionTo('a', 2)] })
      learn(table, 'added', { put: [subscriptionTo('a')] })
    }
    await loader.load()
    assert.deepEqual(known(table, 'a'), ['added', 'changed'])
    table.match('a', entry => {
      if (entry.kind === 'queue' && entry.member.clientId === 'changed') assert.equal(entry.subscription.qos, 2)
    })
  })

  it('is not confused by a client and a filter that look alike when they are put together', async () => {
    const { table, loader, store } = loading([owned('a', 'bc')])
    store.whileReading = () => learn(table, 'ab', { removed: ['c'] })
    await loader.load()
    assert.deepEqual(known(table, 'bc'), ['a'])
  })

  it('goes by the newest claim: an older page says nothing, a newer one withdraws what it does not list', async () => {
    const { table, loader, store } = loading([owned('back', 'old', 1), owned('moved', 'new', 5)])
    learn(table, 'moved', { epoch: 4, put: [subscriptionTo('old')] })
    store.whileReading = () => learn(table, 'back', { epoch: 2, state: 'opened', put: [subscriptionTo('new')] })
    await loader.load()
    assert.deepEqual(known(table, 'old'), [])
    assert.deepEqual(known(table, 'new'), ['back', 'moved'])
  })

  it('does not bring back a session that is over meanwhile', async () => {
    const { table, loader, store } = loading([owned('gone', 'a', 3)])
    store.whileReading = () => learn(table, 'gone', { epoch: 3, state: 'over' })
    await loader.load()
    assert.equal(table.size, 0)
  })

  it('leaves alone what a connection at this worker wants, which may still be on its way to the store', async () => {
    const { table, loader } = loading([owned('here', 'withdrawn', 2), owned('claimed', 'a', 7)])
    for (const clientId of ['here', 'claimed']) {
      learn(table, clientId, { epoch: 2, state: 'opened' })
      table.members.connected(clientId, 2, subscriberOf(clientId))
      table.members.put(clientId, 2, subscriptionTo('wanted'))
    }
    await loader.load()
    assert.deepEqual(known(table, 'withdrawn'), [])
    assert.deepEqual(known(table, 'wanted'), ['here'], 'the other one has a later claim elsewhere')
    assert.deepEqual(known(table, 'a'), ['claimed'])
  })

  it('loads once more for all loads that are asked for during another one', async () => {
    const { table, loader, store } = loading()
    const during: Promise<void>[] = []
    store.whileReading = () => {
      store.whileReading = () => {}
      store.pages = [[owned('late', 'a')]]
      during.push(loader.load(), loader.load())
    }
    await loader.load()
    await Promise.all(during)
    assert.equal(store.reads, 2)
    assert.deepEqual(known(table, 'a'), ['late'])
  })

  it('can be tried again when the store did not answer', async () => {
    const { table, loader, store } = loading([owned('one', 'a')])
    store.whileReading = () => {
      throw new Error('the store is away')
    }
    await assert.rejects(loader.load(), /the store is away/)
    store.whileReading = () => {}
    await loader.load()
    assert.deepEqual(known(table, 'a'), ['one'])
  })
})

class TestSubscriptions implements SubscriptionStore {
  pages: readonly (readonly OwnedSubscription[])[]
  reads = 0
  whileReading: () => void = () => {}

  constructor(pages: readonly (readonly OwnedSubscription[])[]) {
    this.pages = pages
  }

  async put(): Promise<void> {}

  async remove(): Promise<void> {}

  async *all(): AsyncGenerator<readonly OwnedSubscription[], void, undefined> {
    this.reads++
    const pages = this.pages
    await Promise.resolve()
    this.whileReading()
    yield* pages
  }
}

function loading(...pages: readonly (readonly OwnedSubscription[])[]) {
  const table = new SubscriptionTable()
  const store = new TestSubscriptions(pages)
  return { table, store, loader: new QueueRoutesLoader(store, table.members) }
}

function owned(clientId: string, topicFilter: string, epoch = 1): OwnedSubscription {
  return { clientId, epoch, subscription: subscriptionTo(topicFilter) }
}

function learn(table: SubscriptionTable, clientId: string, news: Partial<SessionNews>): void {
  table.members.learn(PEER, { clientId, epoch: 1, state: 'online', put: [], removed: [], ...news })
}

function subscriptionTo(topicFilter: string, qos: 1 | 2 = 1): Subscription {
  return {
    topicFilter,
    qos,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  }
}

function known(table: SubscriptionTable, topicName: string): readonly string[] {
  const clientIds: string[] = []
  table.match(topicName, entry => {
    if (entry.kind === 'queue') clientIds.push(entry.member.clientId)
  })
  return clientIds.toSorted()
}
