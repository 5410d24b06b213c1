import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SubscriptionTable } from '../../../src/broker/subscription-table.ts'
import type { LiveEntry, TreeEntry } from '../../../src/broker/subscribers.ts'
import type { SessionState } from '../../../src/core/frame.ts'
import type { Subscription } from '../../../src/core/subscription.ts'
import { matches, parseSharedFilter } from '../../../src/protocol/topic.ts'
import { subscriberOf } from '../../support/test-subscriber.ts'

const topicFilters = fc.constantFrom('a', 'a/+', 'a/#', '#', '$share/g/a', '$share/g/a/#', '$share/h/a/#')
const names = fc.constantFrom('c1', 'c2', 'c3')
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('live', 'queued', 'worker', 'unlive', 'unqueued', 'unworker', 'gone', 'on', 'off'),
    name: names,
    topicFilter: topicFilters,
  }),
  { maxLength: 60 },
)

describe('SubscriptionTable', () => {
  it('finds what was added and not removed, and is empty when all is gone', () => {
    fc.assert(
      fc.property(steps, fc.constantFrom('a', 'a/b', 'b', '$SYS/a'), (list, topicName) => {
        const table = new SubscriptionTable()
        const model = new Model(table)
        for (const { kind, name, topicFilter } of list) model.step(kind, name, topicFilter)
        assert.deepEqual(found(table, topicName), model.expected(topicName))
        model.removeAll()
        assert.equal(table.size, 0)
        assert.deepEqual(found(table, topicName), [])
      }),
      { numRuns: 300 },
    )
  })

  it('raises its version with each change that a route may have been made from', () => {
    const table = new SubscriptionTable()
    const changes: readonly (() => unknown)[] = [
      () => table.members.put('c', 1, subscriptionTo('a')),
      () => table.members.put('c', 1, subscriptionTo('$share/g/a')),
      () => table.members.put('c', 1, { ...subscriptionTo('a'), qos: 2 }),
      () => table.members.remove('c', 1, 'a'),
      () => table.setRoute('node/1', { topicFilter: 'a', subscribers: 1, persistent: 0 }),
      () => table.setRoute('node/1', { topicFilter: 'a', subscribers: 1, persistent: 1 }),
      () => table.setRoute('node/1', { topicFilter: 'a', subscribers: 0, persistent: 0 }),
      () => table.removeLive(table.addLive(subscriberOf('d'), subscriptionTo('a'))),
      () => table.setRoute('node/1', { topicFilter: 'b', subscribers: 1, persistent: 0 }),
      () => table.removeWorker('node/1'),
    ]
    for (const change of changes) {
      const before = table.version
      change()
      assert(table.version > before, String(change))
    }
  })
})

/** The same by lists, with names for the entries. */
class Model {
  readonly #table: SubscriptionTable
  readonly #live: { readonly text: string; readonly entry: LiveEntry }[] = []
  readonly #queued = new Set<string>()
  readonly #workers = new Set<string>()
  readonly #online = new Set<string>()

  constructor(table: SubscriptionTable) {
    this.#table = table
  }

  step(kind: string, name: string, topicFilter: string): void {
    const table = this.#table
    const text = `${name} ${topicFilter}`
    switch (kind) {
      case 'live': {
        const entry = table.addLive(subscriberOf(name), subscriptionTo(topicFilter))
        return void this.#live.push({ text, entry })
      }
      case 'unlive': {
        const [removed] = this.#live.splice(0, 1)
        return removed && table.removeLive(removed.entry)
      }
      case 'queued':
        this.#queued.add(text)
        return table.members.put(name, 1, subscriptionTo(topicFilter))
      case 'unqueued':
        this.#queued.delete(text)
        return table.members.remove(name, 1, topicFilter)
      case 'worker':
        this.#workers.add(text)
        return table.setRoute(name, { topicFilter, subscribers: 1, persistent: 0 })
      case 'unworker':
        this.#workers.delete(text)
        return table.setRoute(name, { topicFilter, subscribers: 0, persistent: 0 })
      case 'gone':
        for (const route of this.#workers) if (route.startsWith(`${name} `)) this.#workers.delete(route)
        return table.removeWorker(name)
      case 'on':
        this.#online.add(name)
        return this.#tell(name, 'online')
      default:
        this.#online.delete(name)
        return this.#tell(name, 'offline')
    }
  }

  #tell(clientId: string, state: SessionState): void {
    this.#table.members.learn('node/1', { clientId, epoch: 1, state, put: [], removed: [] })
  }

  expected(topicName: string): readonly string[] {
    const matching = (text: string): boolean => matches(plainFilter(text.split(' ')[1] ?? ''), topicName)
    return [
      ...this.#live.filter(({ text }) => matching(text)).map(({ text }) => `live ${text}`),
      ...[...this.#queued].filter(matching).map(text => `queue ${text}`),
      ...[...this.#workers].filter(matching).map(text => `worker ${text.split(' ')[0]}`),
    ].toSorted()
  }

  removeAll(): void {
    while (this.#live.length > 0) this.step('unlive', '', '')
    for (const text of [...this.#queued, ...this.#workers]) {
      const [name = '', topicFilter = ''] = text.split(' ')
      for (const kind of ['unqueued', 'gone']) this.step(kind, name, topicFilter)
    }
    for (const name of this.#online) this.step('off', name, '')
  }
}

/** The entries that match, by kind, client and filter; of a worker only its address is known. */
function found(table: SubscriptionTable, topicName: string): readonly string[] {
  const texts: string[] = []
  table.match(topicName, entry => texts.push(...textsOf(entry)))
  return texts.toSorted()
}

function textsOf(entry: TreeEntry): readonly string[] {
  switch (entry.kind) {
    case 'live':
      return [`live ${entry.subscriber.clientId} ${entry.subscription.topicFilter}`]
    case 'queue':
      return [`queue ${entry.member.clientId} ${entry.subscription.topicFilter}`]
    case 'worker':
      return [`worker ${entry.address}`]
    case 'group':
      return [...entry.live, ...entry.queued, ...entry.workers].flatMap(textsOf)
  }
}

function plainFilter(topicFilter: string): string {
  const shared = parseSharedFilter(topicFilter)
  return shared === undefined || shared === 'invalid' ? topicFilter : shared.topicFilter
}

function subscriptionTo(topicFilter: string): Subscription {
  return {
    topicFilter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  }
}
