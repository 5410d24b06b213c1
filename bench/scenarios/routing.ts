import type { LoadScenario, ReplayScenario } from './scenario.ts'
import { load, replay } from './scenario.ts'

const pairs = { publishers: 50, subscribers: 50, layout: 'pairs', qos: 0, pace: { window: 32 } } as const
/** More topic names in all than any broker keeps the receivers of. */
const COLD = { topicsPerPublisher: 100_000 } as const

/** How the cost of a message grows with the subscriptions of others, and what retained messages cost. */
export const routingScenarios: readonly (LoadScenario | ReplayScenario)[] = [
  load({
    name: 'filters-100-warm',
    title: '50 pairs QoS 0 among 100 other filters, topics seen before',
    ...pairs,
    idleFilters: 100,
  }),
  load({
    name: 'filters-100000-warm',
    title: '50 pairs QoS 0 among 100,000 other filters, topics seen before',
    ...pairs,
    idleFilters: 100_000,
  }),
  load({
    name: 'filters-100-cold',
    title: '50 pairs QoS 0 among 100 other filters, every topic new',
    ...pairs,
    ...COLD,
    idleFilters: 100,
  }),
  load({
    name: 'filters-100000-cold',
    title: '50 pairs QoS 0 among 100,000 other filters, every topic new',
    ...pairs,
    ...COLD,
    idleFilters: 100_000,
  }),
  replay({
    name: 'retained-replay',
    title: '10,000 retained messages to each of 20 new subscribers',
    retained: 10_000,
    subscribers: 20,
  }),
]
