import type { LoadScenario } from './scenario.ts'
import { load } from './scenario.ts'

const pairs = { publishers: 50, subscribers: 50, layout: 'pairs', pace: { window: 32 } } as const
const two = { ...pairs, workers: 2 } as const
/** Only where the processes that serve clients can be told apart can the ends of a pair be placed. */
const placed = { ...two, brokers: ['guardbee', 'base', 'change'] } as const

/** What a second worker brings, and what a message costs that crosses from one to the other. */
export const workerScenarios: readonly LoadScenario[] = [
  load({ name: 'workers-2-qos0', title: '2 workers, 50 pairs QoS 0, wherever they land', ...two, qos: 0 }),
  load({ name: 'workers-2-qos1', title: '2 workers, 50 pairs QoS 1, wherever they land', ...two, qos: 1 }),
  load({
    name: 'workers-2-local',
    title: '2 workers, 50 pairs QoS 0, both ends on the same worker',
    ...placed,
    qos: 0,
    placement: 'local',
  }),
  load({
    name: 'workers-2-crossing',
    title: '2 workers, 50 pairs QoS 0, each message crosses',
    ...placed,
    qos: 0,
    placement: 'crossing',
  }),
  load({
    name: 'workers-2-crossing-qos1',
    title: '2 workers, 50 pairs QoS 1, each message crosses',
    ...placed,
    qos: 1,
    placement: 'crossing',
  }),
]
