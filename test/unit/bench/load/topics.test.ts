import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { idleFilter, topicFilterOf, topicNameOf } from '../../../../bench/load/topics.ts'
import { loadPlan } from './load-plan.ts'

function matches(filter: string, topicName: string): boolean {
  const pattern = filter.replaceAll('+', '[^/]*').replace(/\/#$/, '(/.*)?')
  return new RegExp(`^${pattern}$`).test(topicName)
}

describe('topics', () => {
  for (const [idleFilters, topicsPerPublisher] of [
    [0, 1],
    [100, 1],
    [100, 50_000],
  ] as const) {
    it(`of pairs reach one subscriber each, with ${idleFilters} idle filters and ${topicsPerPublisher} topics`, () => {
      const plan = loadPlan({ publishers: 12, subscribers: 12, idleFilters, topicsPerPublisher })
      const receivers = Array.from({ length: 12 }, (_, publisher) => {
        const name = topicNameOf(plan, publisher)
        return Array.from({ length: 12 }, (__, subscriber) => subscriber).filter(subscriber =>
          matches(topicFilterOf(plan, subscriber), name),
        )
      })
      assert.deepEqual(
        receivers,
        Array.from({ length: 12 }, (_, publisher) => [publisher]),
      )
    })
  }

  it('of a fan-in all reach its subscribers, and of a fan-out there is one', () => {
    const fanIn = loadPlan({ layout: 'fan-in', publishers: 3, subscribers: 1 })
    assert.ok([0, 1, 2].every(publisher => matches(topicFilterOf(fanIn, 0), topicNameOf(fanIn, publisher))))
    const fanOut = loadPlan({ layout: 'fan-out', publishers: 2, subscribers: 9 })
    assert.equal(topicNameOf(fanOut, 0), topicNameOf(fanOut, 1))
    assert.ok(matches(topicFilterOf(fanOut, 8), topicNameOf(fanOut, 1)))
  })

  it('are shared under one share name', () => {
    const plan = loadPlan({ layout: 'fan-in', shared: true })
    assert.equal(topicFilterOf(plan, 3), '$share/bench/b/+')
  })

  it('match no idle filter, and these are mixed and all different', () => {
    const plan = loadPlan({ publishers: 50, subscribers: 50, idleFilters: 1_000, topicsPerPublisher: 1_000 })
    const filters = Array.from({ length: 1_000 }, (_, index) => idleFilter(index))
    const names = Array.from({ length: 50 }, (_, publisher) => topicNameOf(plan, publisher))
    assert.equal(new Set(filters).size, 1_000)
    assert.deepEqual(
      [filters.filter(filter => filter.includes('+')).length, filters.filter(filter => filter.endsWith('#')).length],
      [100, 100],
    )
    assert.ok(!filters.some(filter => names.some(name => matches(filter, name))))
  })
})
