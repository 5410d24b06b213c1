import type { LoadScenario, StormScenario } from './scenario.ts'
import { load, storm } from './scenario.ts'

const QOS = [0, 1] as const
/** Aims for two nodes where every message crosses, Redis included, by QoS. */
const AIMS = [2.5, 4] as const
const CROSSING = [0, 50, 100] as const

function pairs(nodes: number, qos: 0 | 1, percent: number): LoadScenario {
  const where = nodes === 1 ? '' : `, ${percent} % of the messages between nodes`
  return load({
    name: `cluster-${nodes}-qos${qos}-${percent}`,
    title: `${nodes} node${nodes === 1 ? '' : 's'} on Redis, 50 pairs QoS ${qos}, 32 outstanding${where}`,
    nodes,
    publishers: 50,
    subscribers: 50,
    layout: 'pairs',
    qos,
    pace: { window: 32 },
    crossingShare: percent / 100,
    aimMicroseconds: nodes === 2 && percent === 100 ? AIMS[qos] : undefined,
  })
}

function fanOut(subscribers: number): LoadScenario {
  return load({
    name: `cluster-2-fan-out-${subscribers}`,
    title: `2 nodes on Redis, 1 to ${subscribers.toLocaleString('en')} at both QoS 0, 16 outstanding`,
    nodes: 2,
    publishers: 1,
    subscribers,
    layout: 'fan-out',
    qos: 0,
    pace: { window: 16 },
  })
}

/** What it costs that several nodes are one broker; the CPU time of Redis counts. */
export const clusterScenarios: readonly (LoadScenario | StormScenario)[] = [
  ...QOS.map(qos => pairs(1, qos, 0)),
  ...[2, 4].flatMap(nodes => QOS.flatMap(qos => CROSSING.map(percent => pairs(nodes, qos, percent)))),
  ...[10, 1_000].map(fanOut),
  storm({
    name: 'cluster-2-storm',
    title: '2 nodes on Redis, 2,000 connects with persistent sessions, 100 at a time',
    nodes: 2,
    clients: 2_000,
    pace: { window: 100 },
    warmUpClients: 500,
    persistent: true,
  }),
]
