import type { WorkerAddress } from '../../ports/bus.ts'
import { BatchKind, type BatchStamp } from './batch.ts'
import type { RedisLine } from './redis-line.ts'

/** What a pulse is made of. */
export interface PulseOptions {
  readonly self: WorkerAddress
  readonly line: Pick<RedisLine, 'isWritable' | 'isReadable' | 'publish' | 'flush' | 'listenAgain'>
  readonly stamp: BatchStamp
  readonly heartbeatMs: number
  readonly deadAfterMs: number
}

/**
 * Finds out that what others publish arrives no more though its connection seems to hold: what a worker publishes to
 * itself must come back. Pulses are counted instead of timed, so that a worker that stood still does not blame Redis.
 */
export class Pulse {
  readonly #options: PulseOptions
  readonly #bytes: Buffer
  readonly #unheardMax: number
  #unheard = 0

  constructor(options: PulseOptions) {
    const { stamp, heartbeatMs, deadAfterMs } = options
    this.#options = options
    this.#bytes = Buffer.alloc(stamp.bytes)
    this.#unheardMax = Math.max(1, Math.floor(deadAfterMs / 2 / heartbeatMs))
    stamp.write(this.#bytes, BatchKind.Pulse, 0, 0, 0, 0, 0)
  }

  /** Called with each heartbeat: publishes the next one, or listens anew when too many are missing. */
  beat(): void {
    const { line, self } = this.#options
    if (!line.isWritable || !line.isReadable) return
    if (this.#unheard >= this.#unheardMax) return line.listenAgain()
    this.#unheard++
    line.publish(self, this.#bytes, this.#bytes.length)
    line.flush()
  }

  /** One has come back, or the way in is new. */
  heard(): void {
    this.#unheard = 0
  }
}
