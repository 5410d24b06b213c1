import type { Bus, WorkerAddress } from '../ports/bus.ts'
import type { Clock, Timer } from '../ports/clock.ts'

interface Waiting {
  readonly home: WorkerAddress
  readonly resolve: () => void
  readonly timer: Timer
}

/** Asks other workers to let go of a session that was claimed here, and waits for it, bounded. */
export class Takeovers {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #waitMs: number
  /** By client id and epoch; each entry leaves with its answer, its peer or its time. */
  readonly #waiting = new Map<string, Waiting>()

  constructor(bus: Bus, clock: Clock, waitMs: number) {
    this.#bus = bus
    this.#clock = clock
    this.#waitMs = waitMs
  }

  /** Takeovers that wait for another worker. */
  get size(): number {
    return this.#waiting.size
  }

  /** Resolves when `home` has closed its connection of the client, is gone, or does not answer in time. */
  request(home: WorkerAddress, clientId: string, epoch: number): Promise<void> {
    if (!this.#bus.peers().includes(home)) return Promise.resolve()
    return new Promise(resolve => {
      const key = keyOf(clientId, epoch)
      const timer = this.#clock.after(this.#waitMs, () => this.#done(key))
      this.#waiting.set(key, { home, resolve, timer })
      this.#bus.send(home, { kind: 'takeover', clientId, epoch })
    })
  }

  /** The answer of a peer. */
  yielded(clientId: string, epoch: number): void {
    this.#done(keyOf(clientId, epoch))
  }

  /** A peer is gone and so are its connections. */
  peerDown(home: WorkerAddress): void {
    for (const [key, waiting] of this.#waiting) if (waiting.home === home) this.#done(key)
  }

  #done(key: string): void {
    const waiting = this.#waiting.get(key)
    if (waiting === undefined) return
    this.#waiting.delete(key)
    waiting.timer.cancel()
    waiting.resolve()
  }
}

function keyOf(clientId: string, epoch: number): string {
  return `${epoch} ${clientId}`
}
