import type { Measurement } from '../../../../bench/measure/measurement.ts'
import type { Report } from '../../../../bench/report/report.ts'
import { idle, load } from '../../../../bench/scenarios/scenario.ts'
import { fullSize } from '../../../../bench/scenarios/size.ts'

export function measurement(given: Partial<Measurement>): Measurement {
  const points = [50, 99, 100].map(percentile => ({ percentile, microseconds: percentile * 10 }))
  return {
    scenario: 'pairs',
    broker: 'guardbee',
    repetition: 0,
    operations: 1_000,
    seconds: 1,
    perSecond: 1_000_000,
    cpuMicroseconds: 0.5,
    brokerCores: 0.5,
    latency: { count: 1_000, points, maxMicroseconds: 1_000, buckets: [] },
    backgroundLatency: undefined,
    lost: 0,
    doubled: 0,
    reordered: 0,
    failed: 0,
    residentBytes: 1,
    proportionalBytes: 1,
    residentBytesPerClient: 4_096,
    loaderCores: 0.5,
    stealSeconds: 0,
    issuerRequests: undefined,
    redisCommands: undefined,
    warnings: [],
    ...given,
  }
}

/** A report of two brokers and two scenarios, with measurements of a test's own. */
export function reportOf(measurements: readonly Measurement[]): Report {
  return {
    machine: {
      processor: 'Abacus & <Sons>',
      cores: 2,
      memoryGib: 4,
      system: 'Linux 6',
      node: 'v24',
      loadBefore: 0,
      date: '2030-01-02T03:04:05.000Z',
    },
    size: fullSize(20_000),
    repetitions: 3,
    brokers: [
      { name: 'guardbee', version: '1' },
      { name: 'peer', version: '2' },
    ],
    scenarios: [
      load({
        name: 'pairs',
        title: 'some pairs',
        publishers: 1,
        subscribers: 1,
        layout: 'pairs',
        qos: 0,
        pace: { window: 1 },
        aimMicroseconds: 0.7,
      }),
      idle({ name: 'idle', title: 'some idlers', clients: 5 }),
    ],
    result: { measurements, failures: [], leftOut: [] },
  }
}
