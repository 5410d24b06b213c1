/** The buckets that hold something, as index and count; travels between processes and into reports. */
export type SparseBuckets = readonly (readonly [index: number, count: number])[]

const PRECISION_BITS = 7
const BUCKETS_PER_POWER = 1 << PRECISION_BITS
const POWERS = 32 - PRECISION_BITS + 1
const VALUE_MAX = 2 ** 32 - 1

/**
 * Counts latencies in microseconds with a relative error below 1 %, in the manner of an HDR histogram. Node's own
 * (`perf_hooks.createHistogram`) cannot be merged over processes, and crosses into C++ for each value; this one is an
 * array of counters.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(POWERS * BUCKETS_PER_POWER)
  #total = 0
  #max = 0

  /** How many values were recorded. */
  get total(): number {
    return this.#total
  }

  /** The largest value, exactly. */
  get max(): number {
    return this.#max
  }

  record(microseconds: number): void {
    const value = microseconds <= 0 ? 0 : microseconds >= VALUE_MAX ? VALUE_MAX : microseconds >>> 0
    const bucket = bucketOf(value)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total += 1
    if (value > this.#max) this.#max = value
  }

  /** The value that this share of all values does not exceed; 0 when nothing was recorded. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#total))
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      seen += this.#counts[bucket] ?? 0
      if (seen >= wanted) return Math.min(highestOf(bucket), this.#max)
    }
    return this.#max
  }

  sparse(): SparseBuckets {
    return [...this.#counts.entries()].filter(([, count]) => count > 0)
  }

  /** Adds what another histogram counted. */
  add(buckets: SparseBuckets, max: number): void {
    for (const [bucket, count] of buckets) {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count
      this.#total += count
    }
    this.#max = Math.max(this.#max, max)
  }
}

// Values below 128 have a bucket each; above, each power of two is cut into 128.
function bucketOf(value: number): number {
  if (value < BUCKETS_PER_POWER) return value
  const shift = 31 - Math.clz32(value) - PRECISION_BITS
  return ((shift + 1) << PRECISION_BITS) + ((value >>> shift) & (BUCKETS_PER_POWER - 1))
}

function highestOf(bucket: number): number {
  if (bucket < BUCKETS_PER_POWER) return bucket
  const shift = (bucket >>> PRECISION_BITS) - 1
  const lowest = (BUCKETS_PER_POWER + (bucket & (BUCKETS_PER_POWER - 1))) * 2 ** shift
  return lowest + 2 ** shift - 1
}
