import type { Counters } from '../core/counters.ts'
import type { SysTopic } from '../core/sys-topic.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { background, type Log } from '../ports/telemetry.ts'
import { sumCounters } from '../telemetry/metrics.ts'
import type { StoreSizes, SysValues } from '../telemetry/sys-values.ts'

/** Where the values of the `$SYS` topics come from, and go to. */
export interface SysPublisherParts {
  readonly values: SysValues
  /** What each worker has counted. */
  readonly counters: () => Promise<readonly Readonly<Counters>[]>
  /** Undefined: the store is not this node's. */
  readonly sizes: () => StoreSizes | undefined
  /** Tells every worker of the node. */
  readonly tell: (topics: readonly SysTopic[]) => void
  readonly clock: Clock
  readonly log: Log
}

/** Gathers what the workers have counted, and tells them what it comes to for the node. */
export class SysPublisher {
  readonly #parts: SysPublisherParts
  #timer: Timer | undefined = undefined
  /** A worker that does not answer takes its time. */
  #gathering = false

  constructor(parts: SysPublisherParts) {
    this.#parts = parts
  }

  /** Publishes every `intervalSeconds`; 0: never. */
  start(intervalSeconds: number): void {
    if (intervalSeconds === 0) return
    const { clock, log } = this.#parts
    this.#timer = clock.every(intervalSeconds * 1000, () => {
      if (!this.#gathering) background(log, 'sys topics', this.#publish())
    })
  }

  close(): void {
    this.#timer?.cancel()
  }

  async #publish(): Promise<void> {
    const { values, counters, sizes, tell, clock } = this.#parts
    this.#gathering = true
    try {
      const sum = sumCounters(await counters())
      tell(values.update(clock.nowMs(), sum, sizes()))
    } finally {
      this.#gathering = false
    }
  }
}
