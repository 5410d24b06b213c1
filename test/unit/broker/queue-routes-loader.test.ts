import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QueueRoutesLoader } from '../../../src/broker/queue-routes-loader.ts'
import { SubscriptionTable } from '../../../src/broker/subscription-table.ts'
import type { Subscription } from '../../../src/core/subscription.ts'
import type { SubscriptionStore } from '../../../src/ports/store.ts'

type Owned = { readonly clientId: string; readonly subscription: Subscription }

describe('QueueRoutesLoader', () => {
  it('brings in what is stored, page by page, and takes out what is not', async () => {
    const { table, loader, store } = loading([owned('one', 'a')], [owned('two', 'a'), owned('two', 'b')])
    table.putQueued('gone', subscriptionTo('a'))
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
      table.removeQueued('removed', 'a')
      table.putQueued('changed', subscriptionTo('a', 2))
      table.putQueued('added', subscriptionTo('a'))
    }
    await loader.load()
    assert.deepEqual(known(table, 'a'), ['added', 'changed'])
    table.match('a', entry => {
      if (entry.kind === 'queue' && entry.member.clientId === 'changed') assert.equal(entry.subscription.qos, 2)
    })
  })

  it('is not confused by a client and a filter that look alike when they are put together', async () => {
    const { table, loader, store } = loading([owned('a', 'bc')])
    store.whileReading = () => table.removeQueued('ab', 'c')
    await loader.load()
    assert.deepEqual(known(table, 'bc'), ['a'])
  })

  it('loads once more for a load that is asked for during another one', async () => {
    const { table, loader, store } = loading()
    const first = loader.load()
    store.pages = [[owned('late', 'a')]]
    await Promise.all([first, loader.load()])
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
  pages: readonly (readonly Owned[])[]
  reads = 0
  whileReading: () => void = () => {}

  constructor(pages: readonly (readonly Owned[])[]) {
    this.pages = pages
  }

  async put(): Promise<void> {}

  async remove(): Promise<void> {}

  async *all(): AsyncGenerator<readonly Owned[], void, undefined> {
    this.reads++
    const pages = this.pages
    await Promise.resolve()
    this.whileReading()
    yield* pages
  }
}

function loading(...pages: readonly (readonly Owned[])[]) {
  const table = new SubscriptionTable()
  const store = new TestSubscriptions(pages)
  return { table, store, loader: new QueueRoutesLoader(store, table) }
}

function owned(clientId: string, topicFilter: string): Owned {
  return { clientId, subscription: subscriptionTo(topicFilter) }
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
