import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EntryTree } from '../../../src/broker/entry-tree.ts'
import { PersistentMembers } from '../../../src/broker/persistent-members.ts'
import type { SessionNews, SessionState } from '../../../src/core/frame.ts'
import type { Subscription } from '../../../src/core/subscription.ts'
import { subscriberOf } from '../../support/test-subscriber.ts'

const FORGOTTEN_MAX = 4096
const states: readonly SessionState[] = ['online', 'online', 'online', 'offline', 'over']
const filters = ['a', 'b', '$share/g/c'] as const

/** What one home of the session tells, in its order: that it has opened, then changes, then maybe the end. */
const claims = fc.array(
  fc.record({
    opened: fc.subarray([...filters]),
    changes: fc.array(
      fc.record({ state: fc.constantFrom(...states), filter: fc.constantFrom(...filters), put: fc.boolean() }),
      {
        maxLength: 5,
      },
    ),
  }),
  { minLength: 1, maxLength: 5 },
)

describe('PersistentMembers', () => {
  it('knows in the end what the newest claim has said, in whatever order the homes are heard', () => {
    fc.assert(
      fc.property(claims, fc.infiniteStream(fc.nat(4)), (list, choices) => {
        const heard = new Known()
        const inOrder = new Known()
        const told = list.map(({ opened, changes }, index) => newsOf(index + 1, opened, changes))
        for (const news of told.at(-1) ?? []) inOrder.learn(`node/${list.length}`, news)
        const waiting = told.map(news => [...news])
        while (waiting.some(news => news.length > 0)) {
          const home = (choices.next().value ?? 0) % waiting.length
          const news = waiting[home]?.shift()
          if (news !== undefined) heard.learn(`node/${home + 1}`, news)
        }
        assert.deepEqual(heard.described(), inOrder.described())
      }),
      { numRuns: 500 },
    )
  })

  it('withdraws what an opened session does not have, and what one that is over had', () => {
    const known = new Known()
    known.tell(1, 'opened', ['a', '$share/g/c'])
    known.tell(1, 'online', ['b'])
    assert.deepEqual(known.filters(), ['$share/g/c', 'a', 'b'])
    known.tell(2, 'opened', ['b'])
    assert.deepEqual(known.filters(), ['b'])
    known.tell(2, 'over')
    assert.deepEqual(known.filters(), [])
    assert.equal(known.members.size, 0)
    assert.equal(known.tree.size, 0)
  })

  it('hears no late news of a session that is over, whoever said so', () => {
    const known = new Known()
    known.tell(3, 'opened', ['a'])
    known.learn('node/9', newsWith(3, 'over'))
    known.tell(3, 'online', ['b'])
    known.tell(2, 'online', ['b'])
    assert.equal(known.members.size, 0)
    known.tell(4, 'opened', ['b'])
    assert.deepEqual(known.filters(), ['b'])
  })

  it('hears no news of earlier claims of a session that has nothing and nobody', () => {
    const known = new Known()
    known.tell(3, 'opened', [])
    known.tell(3, 'offline')
    assert.equal(known.members.size, 0)
    known.tell(2, 'online', ['a'])
    assert.equal(known.members.size, 0)
    known.tell(3, 'offline', ['a'])
    assert.deepEqual(known.filters(), ['a'], 'what was on its way to the store when the connection went')
  })

  it('does not take the end of a session for the end of the one that followed it', () => {
    const known = new Known()
    known.tell(5, 'opened', ['a'])
    known.learn('node/2', newsWith(4, 'over'))
    known.learn('node/2', newsWith(4, 'offline'))
    assert.deepEqual(known.described(), { filters: ['a'], onlineAt: 'node/1' })
  })

  it(`remembers the last ${FORGOTTEN_MAX} sessions that are gone, and forgets the one that went first`, () => {
    const known = new Known()
    for (let number = 0; number <= FORGOTTEN_MAX; number++) known.tell(2, 'over', [], `c${number}`)
    for (const number of [0, 1, FORGOTTEN_MAX]) known.tell(2, 'online', ['a'], `c${number}`)
    assert.equal(known.members.size, 1)
    assert.equal([...known.members.all()][0]?.clientId, 'c0')
  })

  it('takes the word of the worker that has the connection, and loses it with that worker', () => {
    const known = new Known()
    known.tell(1, 'opened', ['a'])
    known.members.removeWorker('node/2')
    assert.equal(known.described().onlineAt, 'node/1')
    known.members.removeWorker('node/1')
    assert.deepEqual(known.described(), { filters: ['a'], onlineAt: undefined })
    known.tell(2, 'opened', [], 'without subscriptions')
    known.members.removeWorker('node/1')
    assert.equal(known.members.size, 1)
  })

  it('forgets a connection of its own only while it is the newest', () => {
    const known = new Known()
    const [first, second] = [subscriberOf('c'), subscriberOf('c')]
    known.tell(1, 'opened', ['a'])
    known.members.connected('c', 1, first)
    known.tell(2, 'opened', ['a'])
    known.members.connected('c', 2, second)
    known.members.connected('c', 1, first)
    known.members.disconnected('c', first)
    assert.equal(known.described().onlineAt, 'node/1')
    assert.equal([...known.members.all()][0]?.subscriber, second)
    known.tell(3, 'opened', ['a'])
    assert.equal([...known.members.all()][0]?.subscriber, undefined, 'it has its connection elsewhere')
    known.members.disconnected('c', second)
    assert.equal(known.described().onlineAt, 'node/1')
  })

  it('leaves routes alone that do not change', () => {
    const known = new Known()
    known.tell(1, 'opened', ['a', 'b'])
    const { version } = known.tree
    known.tell(2, 'opened', ['a', 'b'])
    known.tell(2, 'offline')
    assert.equal(known.tree.version, version)
  })
})

class Known {
  readonly tree: EntryTree = new EntryTree()
  readonly members: PersistentMembers = new PersistentMembers(this.tree)

  learn(from: string, news: SessionNews): void {
    this.members.learn(from, news)
  }

  tell(epoch: number, state: SessionState, put: readonly string[] = [], clientId = 'c'): void {
    this.learn('node/1', { ...newsWith(epoch, state), clientId, put: put.map(subscriptionTo) })
  }

  filters(): readonly string[] {
    return this.described().filters
  }

  /** The session of `c`: its filters, as they are found by a topic, and where it is. */
  described(): { readonly filters: readonly string[]; readonly onlineAt: string | undefined } {
    const found: string[] = []
    let onlineAt: string | undefined
    for (const topicName of ['a', 'b', 'c']) {
      this.tree.match(topicName, entry => {
        for (const queued of entry.kind === 'group' ? entry.queued : [entry]) {
          if (queued.kind !== 'queue') continue
          found.push(queued.subscription.topicFilter)
          ;({ onlineAt } = queued.member)
        }
      })
    }
    return { filters: found.toSorted(), onlineAt }
  }
}

function newsOf(
  epoch: number,
  opened: readonly string[],
  changes: readonly { readonly state: SessionState; readonly filter: string; readonly put: boolean }[],
): readonly SessionNews[] {
  return [
    { ...newsWith(epoch, 'opened'), put: opened.map(subscriptionTo) },
    ...changes.map(({ state, filter, put }) => ({
      ...newsWith(epoch, state),
      put: put ? [subscriptionTo(filter)] : [],
      removed: put ? [] : [filter],
    })),
  ]
}

function newsWith(epoch: number, state: SessionState): SessionNews {
  return { clientId: 'c', epoch, state, put: [], removed: [] }
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
