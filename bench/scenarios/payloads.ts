import type { LoadScenario } from './scenario.ts'
import { load } from './scenario.ts'

const KIB = 1_024

function payload(label: string, payloadBytes: number, window: number): LoadScenario {
  return load({
    name: `payload-${label.toLowerCase().replaceAll(' ', '')}`,
    title: `50 pairs QoS 0, payload ${label}, ${window} outstanding`,
    publishers: 50,
    subscribers: 50,
    layout: 'pairs',
    qos: 0,
    pace: { window },
    payloadBytes,
  })
}

/** From the smallest payload the generator can stamp to those that fill many reads. */
export const payloadScenarios: readonly LoadScenario[] = [
  payload('16 B', 16, 32),
  payload('256 B', 256, 32),
  payload('1 KiB', KIB, 32),
  payload('16 KiB', 16 * KIB, 8),
  {
    ...payload('256 KiB', 256 * KIB, 2),
    title: '8 pairs QoS 0, payload 256 KiB, 2 outstanding, others paced beside them',
    publishers: 8,
    subscribers: 8,
    background: { pairs: 10, ratePerSecond: 500 },
  },
]
