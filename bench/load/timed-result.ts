import type { Failures } from './failures.ts'
import type { LatencyHistogram } from './latency-histogram.ts'
import type { Elapsed } from './meter.ts'
import type { LoaderResult } from './plan.ts'

/** What a run saw that timed single operations, and followed no flows of messages. */
export function timedResult(elapsed: Elapsed, latency: LatencyHistogram, failures: Failures): LoaderResult {
  return {
    ...elapsed,
    operations: latency.total,
    latency: latency.sparse(),
    latencyMax: latency.max,
    lost: 0,
    doubled: 0,
    reordered: 0,
    failed: failures.count,
    firstFailure: failures.first,
    sendLagMicroseconds: undefined,
  }
}
