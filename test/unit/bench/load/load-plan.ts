import type { LoadPlan } from '../../../../bench/load/plan.ts'

/** A plan of pairs with what a test does not care about filled in. */
export function loadPlan(given: Partial<LoadPlan> = {}): LoadPlan {
  return {
    kind: 'load',
    addresses: [{ host: '127.0.0.1', port: 1, transport: 'tcp' }],
    redisPort: undefined,
    protocolVersion: 4,
    prefix: 'b',
    tokens: [],
    yields: false,
    brokerPids: [],
    publishers: 4,
    subscribers: 4,
    layout: 'pairs',
    shared: false,
    qos: 0,
    pace: { window: 4 },
    payloadBytes: 64,
    placement: 'any',
    crossingShare: 0,
    topicsPerPublisher: 1,
    idleFilters: 0,
    persistent: false,
    exactTimes: false,
    warmUpSeconds: 0,
    measuredSeconds: 0.1,
    drainSecondsMax: 0.3,
    ...given,
  }
}
