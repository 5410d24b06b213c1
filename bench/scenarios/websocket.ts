import type { LoadScenario } from './scenario.ts'
import { load } from './scenario.ts'

const ws = { transport: 'ws' } as const
const pairs = { ...ws, publishers: 50, subscribers: 50, layout: 'pairs' } as const

/** Rows of the first nine over WebSocket, one frame for each packet of a client. */
export const websocketScenarios: readonly LoadScenario[] = [
  load({
    name: 'ws-pairs-qos0-w32',
    title: '50 pairs QoS 0 over WebSocket, 32 outstanding',
    ...pairs,
    qos: 0,
    pace: { window: 32 },
    quick: true,
  }),
  load({
    name: 'ws-pairs-qos1-w32',
    title: '50 pairs QoS 1 over WebSocket, 32 outstanding',
    ...pairs,
    qos: 1,
    pace: { window: 32 },
  }),
  load({
    name: 'ws-fan-out-500',
    title: '1 to 500 QoS 0 over WebSocket, 16 outstanding',
    ...ws,
    publishers: 1,
    subscribers: 500,
    layout: 'fan-out',
    qos: 0,
    pace: { window: 16 },
  }),
]
