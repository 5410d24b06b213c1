import type { WorkerAddress } from '../../ports/bus.ts'
import type { Log } from '../../ports/telemetry.ts'
import { FRAME_VERSION } from '../frame-codec.ts'
import { BATCH_VERSION, type BatchHead, BatchKind } from './batch.ts'

/** Keeps away whoever speaks another version, and says so once for each. */
export class PeerVersions {
  readonly #log: Log
  readonly #strangers = new Set<WorkerAddress>()

  constructor(log: Log) {
    this.#log = log
  }

  /** Whether a worker was kept away. */
  isStranger(peer: WorkerAddress): boolean {
    return this.#strangers.has(peer)
  }

  /** A worker is gone. */
  forget(peer: WorkerAddress): void {
    this.#strangers.delete(peer)
  }

  /** Reads the rest of the head of which the sender was read; false: it is of another version. */
  understands(head: BatchHead, bytes: Buffer): boolean {
    if (head.version !== BATCH_VERSION) return this.#keepAway(head.from, head.version, BATCH_VERSION)
    head.readRest(bytes)
    if (head.kind !== BatchKind.Hello && head.kind !== BatchKind.Welcome) return true
    return head.number === FRAME_VERSION || this.#keepAway(head.from, head.number, FRAME_VERSION)
  }

  #keepAway(peer: WorkerAddress, theirs: number, ours: number): false {
    if (!this.#strangers.has(peer)) {
      this.#strangers.add(peer)
      this.#log.warn('worker speaks another version and is kept away', { peer, theirs, ours })
    }
    return false
  }
}
