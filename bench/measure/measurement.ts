import type { SparseBuckets } from '../load/latency-histogram.ts'
import { LatencyHistogram } from '../load/latency-histogram.ts'
import type { MemoryUse } from '../load/process-stat.ts'
import type { LoaderResult } from '../load/plan.ts'

/** One point of a latency curve. */
export interface LatencyPoint {
  readonly percentile: number
  readonly microseconds: number
}

/** Latencies, from the intended send or connect time. */
export interface Latency {
  readonly count: number
  readonly points: readonly LatencyPoint[]
  readonly maxMicroseconds: number
  readonly buckets: SparseBuckets
}

/** Everything that one repetition of a scenario against one broker gave. */
export interface Measurement {
  readonly scenario: string
  readonly broker: string
  readonly repetition: number
  /** Messages delivered, or clients connected. */
  readonly operations: number
  readonly seconds: number
  readonly perSecond: number
  /** CPU time of the broker and all its processes for each operation; undefined where it cannot be read. */
  readonly cpuMicroseconds: number | undefined
  /** Cores' worth of CPU time that the broker used. */
  readonly brokerCores: number | undefined
  readonly latency: Latency
  readonly backgroundLatency: Latency | undefined
  readonly lost: number
  readonly doubled: number
  readonly reordered: number
  readonly failed: number
  readonly residentBytes: number | undefined
  readonly proportionalBytes: number | undefined
  /** Growth of the resident memory per connection. */
  readonly residentBytesPerClient: number | undefined
  readonly loaderCores: number
  readonly stealSeconds: number
  /** Requests to the authorization server while clients connected; undefined where they are not of interest. */
  readonly issuerRequests: number | undefined
  /** Commands that Redis ran for each operation; undefined without one. */
  readonly redisCommands: number | undefined
  readonly warnings: readonly string[]
}

export const CURVE_PERCENTILES: readonly number[] = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 100]

/** What surrounds the results of the generator. */
export interface RunFacts {
  readonly scenario: string
  readonly broker: string
  readonly repetition: number
  /** A closed loop goes as fast as generator and broker can; only there can the generator be the limit. */
  readonly closedLoop: boolean
  /** Broker and generator each have cores of their own. */
  readonly apart: boolean
  readonly clients: number
  readonly issuerRequests: number | undefined
  readonly before: MemoryUse | undefined
  readonly after: MemoryUse | undefined
}

const LOADER_BUSY = 0.9
/** One of the two is at work at any time, unless the machine gives them no time. */
const IDLE = 0.6
const SEND_LAG_MAX_MICROSECONDS = 1_000
const STEAL_SHARE_MAX = 0.05

/** Puts the results of all processes of the generator together. */
export function measurementOf(
  facts: RunFacts,
  results: readonly LoaderResult[],
  background: LoaderResult | undefined,
): Measurement {
  const { scenario, broker, repetition, before, after, clients } = facts
  const operations = sum(results, result => result.operations)
  const seconds = Math.max(...results.map(result => result.seconds))
  const brokerCpuSeconds = longestOf(results.map(result => result.brokerCpuSeconds))
  const redisCommands = longestOf(results.map(result => result.redisCommands))
  const loaderCores = Math.max(...results.map(result => result.loaderCpuSeconds / result.seconds))
  const brokerCores = brokerCpuSeconds === undefined ? undefined : brokerCpuSeconds / seconds
  const all = background === undefined ? results : [...results, background]
  return {
    scenario,
    broker,
    repetition,
    operations,
    seconds,
    perSecond: operations / seconds,
    cpuMicroseconds:
      brokerCpuSeconds === undefined || operations === 0 ? undefined : (brokerCpuSeconds * 1_000_000) / operations,
    brokerCores,
    latency: latencyOf(results),
    backgroundLatency: background === undefined ? undefined : latencyOf([background]),
    lost: sum(all, result => result.lost),
    doubled: sum(all, result => result.doubled),
    reordered: sum(all, result => result.reordered),
    failed: sum(all, result => result.failed),
    residentBytes: after?.residentBytes,
    proportionalBytes: after?.proportionalBytes,
    residentBytesPerClient:
      before === undefined || after === undefined ? undefined : (after.residentBytes - before.residentBytes) / clients,
    loaderCores,
    stealSeconds: Math.max(...results.map(result => result.stealSeconds)),
    issuerRequests: facts.issuerRequests,
    redisCommands: redisCommands === undefined || operations === 0 ? undefined : redisCommands / operations,
    warnings: warningsOf(facts, all, loaderCores, brokerCores, seconds),
  }
}

/** The latency that this share of all operations did not exceed. */
export function percentileOf(latency: Latency, percentile: number): number | undefined {
  return latency.points.find(point => point.percentile === percentile)?.microseconds
}

function latencyOf(results: readonly LoaderResult[]): Latency {
  const histogram = new LatencyHistogram()
  for (const result of results) histogram.add(result.latency, result.latencyMax)
  return {
    count: histogram.total,
    points: CURVE_PERCENTILES.map(percentile => ({ percentile, microseconds: histogram.percentile(percentile) })),
    maxMicroseconds: histogram.max,
    buckets: histogram.sparse(),
  }
}

function warningsOf(
  facts: RunFacts,
  results: readonly LoaderResult[],
  loaderCores: number,
  brokerCores: number | undefined,
  seconds: number,
): readonly string[] {
  const lag = Math.max(...results.map(result => result.sendLagMicroseconds ?? 0))
  const steal = Math.max(...results.map(result => result.stealSeconds))
  const failure = results.find(result => result.firstFailure !== undefined)?.firstFailure
  const warnings: string[] = []
  if (failure !== undefined) warnings.push(failure)
  if (facts.closedLoop && loaderCores > LOADER_BUSY)
    warnings.push(`the load generator used ${Math.round(loaderCores * 100)} % of its core: the broker could do more`)
  if (facts.closedLoop && facts.apart && Math.max(loaderCores, brokerCores ?? 1) < IDLE)
    warnings.push('neither the broker nor the load generator had its core for itself: the machine was busy')
  if (lag > SEND_LAG_MAX_MICROSECONDS)
    warnings.push(`the load generator sent up to ${Math.round(lag / 1_000)} ms late (99th percentile)`)
  if (steal > STEAL_SHARE_MAX * seconds) warnings.push(`the host took ${steal.toFixed(2)} s of CPU time for others`)
  return warnings
}

// All processes began at the same time; the one that took longest saw all that the broker did for them.
function longestOf(figures: readonly (number | undefined)[]): number | undefined {
  const known = figures.filter(figure => figure !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

function sum(results: readonly LoaderResult[], of: (result: LoaderResult) => number): number {
  return results.reduce((total, result) => total + of(result), 0)
}
