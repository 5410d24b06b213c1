import type { Durability } from '../brokers/broker.ts'
import type { LoadScenario, QueueScenario } from './scenario.ts'
import { load, queue } from './scenario.ts'

const DURABILITIES: readonly Durability[] = ['fsync', 'os', 'memory']

function pairs(count: number, window: number, durability: Durability): LoadScenario {
  return load({
    name: `durable-${count}-${durability}`,
    title: `${count.toLocaleString('en')} pairs QoS 1, persistent subscribers, ${durability}, ${window} outstanding`,
    publishers: count,
    subscribers: count,
    layout: 'pairs',
    qos: 1,
    pace: { window },
    persistent: true,
    durability,
    aimMicroseconds: count === 50 && durability === 'fsync' ? 2.5 : undefined,
  })
}

/** What it costs that nothing acknowledged is lost. */
export const durableScenarios: readonly (LoadScenario | QueueScenario)[] = [
  ...DURABILITIES.flatMap(durability => [
    pairs(1, 1, durability),
    pairs(50, 32, durability),
    pairs(1_000, 4, durability),
  ]),
  queue({
    name: 'durable-fan-out-1000',
    title: '1 to 1,000 off-line persistent sessions QoS 1, 200 messages, fsync',
    durability: 'fsync',
    sessions: 1_000,
    messages: 200,
    measured: 'filling',
  }),
  queue({
    name: 'durable-drain-100000',
    title: '100,000 queued messages drained on reconnect, QoS 1, fsync',
    durability: 'fsync',
    sessions: 1,
    messages: 100_000,
    measured: 'draining',
  }),
]
