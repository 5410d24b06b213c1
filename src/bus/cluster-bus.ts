import type { Frame } from '../core/frame.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import { nodeOf } from './node-of.ts'

/** One bus made of two: to the workers of this host, and to those of the other nodes. */
export class ClusterBus implements Bus {
  readonly self: WorkerAddress
  /** What the addresses of this host begin with. */
  readonly #here: string
  readonly #host: Bus
  readonly #remote: Bus

  constructor(host: Bus, remote: Bus) {
    this.self = host.self
    this.#here = `${nodeOf(host.self)}/`
    this.#host = host
    this.#remote = remote
  }

  peers(): readonly WorkerAddress[] {
    return [...this.#host.peers(), ...this.#remote.peers()]
  }

  send(to: WorkerAddress, frame: Frame): void {
    this.#busTo(to).send(to, frame)
  }

  broadcast(frame: Frame): void {
    this.#host.broadcast(frame)
    this.#remote.broadcast(frame)
  }

  congested(to: WorkerAddress): boolean {
    return this.#busTo(to).congested(to)
  }

  taken(to: Iterable<WorkerAddress>): Promise<void> {
    const here: WorkerAddress[] = []
    const elsewhere: WorkerAddress[] = []
    for (const peer of to) (this.#isHere(peer) ? here : elsewhere).push(peer)
    if (elsewhere.length === 0) return this.#host.taken(here)
    if (here.length === 0) return this.#remote.taken(elsewhere)
    return Promise.all([this.#host.taken(here), this.#remote.taken(elsewhere)]).then(() => {})
  }

  onFrame(receive: (from: WorkerAddress, frame: Frame) => void): void {
    this.#host.onFrame(receive)
    this.#remote.onFrame(receive)
  }

  onPeer(change: (peer: WorkerAddress, up: boolean) => void): void {
    this.#host.onPeer(change)
    this.#remote.onPeer(change)
  }

  async close(): Promise<void> {
    await Promise.all([this.#host.close(), this.#remote.close()])
  }

  #busTo(worker: WorkerAddress): Bus {
    return this.#isHere(worker) ? this.#host : this.#remote
  }

  #isHere(worker: WorkerAddress): boolean {
    return worker.startsWith(this.#here)
  }
}
