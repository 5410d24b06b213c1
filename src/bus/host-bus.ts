import type { Flushable } from '../core/end-of-tick.ts'
import { BrokerError } from '../core/errors.ts'
import type { Frame } from '../core/frame.ts'
import type { Bus, WorkerAddress } from '../ports/bus.ts'
import { FrameEncoder } from './frame-codec.ts'
import type { HostLink } from './host-link.ts'
import { HostMesh, type MeshOptions } from './host-mesh.ts'
import { TakenWait } from './taken-wait.ts'

const WAITING_BYTES_MAX = 512 * 1024 * 1024
const CONGESTED_BYTES = 16 * 1024 * 1024
const NOTHING_WAITS: Promise<void> = Promise.resolve()

/** What a {@link HostBus} is made of. */
export interface HostBusOptions extends MeshOptions {
  /** Bytes that may wait for one peer; 512 MiB when left out, which only a peer that hangs lets come together. */
  readonly waitingBytesMax?: number
}

/**
 * The bus between the workers of one host: a full mesh of Unix sockets in a folder that only their user may enter
 * (mode 0700; the caller makes it). A link that broke while its peer is listed counts as down until it is up again, so
 * `onPeer` may report a peer more than once. A frame for a peer that has more than the bound waiting cuts the link:
 * the peer does not read, is reported down, and is dialled again; one frame may pass the bound, so that the largest
 * message gets through. A frame longer than any peer accepts is a `BUS_PROTOCOL` error of `send` and `broadcast`.
 */
export class HostBus implements Bus, Flushable {
  readonly self: WorkerAddress
  readonly #options: HostBusOptions
  readonly #waitingBytesMax: number
  readonly #mesh: HostMesh
  readonly #encoder = new FrameEncoder()
  readonly #links = new Map<WorkerAddress, HostLink>()
  #peers: readonly WorkerAddress[] = []
  #taken: TakenWait | undefined = undefined
  #receive: (from: WorkerAddress, frame: Frame) => void = () => {}
  #change: (peer: WorkerAddress, up: boolean) => void = () => {}
  #closed = false

  private constructor(options: HostBusOptions) {
    this.self = options.self
    this.#options = options
    this.#waitingBytesMax = options.waitingBytesMax ?? WAITING_BYTES_MAX
    this.#mesh = new HostMesh(options, {
      received: (from, frame) => this.#receive(from, frame),
      up: (peer, link) => this.#up(peer, link),
      down: peer => this.#down(peer),
    })
  }

  /** Opens the bus; it has no peers until `setPeers`, so that `onFrame` and `onPeer` can be set before. */
  static async open(options: HostBusOptions): Promise<HostBus> {
    const bus = new HostBus(options)
    await bus.#mesh.listen()
    return bus
  }

  /**
   * The workers of the host as the primary knows them. What a worker sent before it was taken off the list is still
   * received; it is reported down after that.
   */
  setPeers(addresses: readonly WorkerAddress[]): void {
    if (!this.#closed) this.#mesh.setPeers(addresses)
  }

  peers(): readonly WorkerAddress[] {
    return this.#peers
  }

  send(to: WorkerAddress, frame: Frame): void {
    const link = this.#links.get(to)
    if (link !== undefined && this.#hasRoom(link)) this.#encoder.write(link.records.out, frame)
  }

  congested(to: WorkerAddress): boolean {
    const link = this.#links.get(to)
    return link !== undefined && link.records.waitingBytes > CONGESTED_BYTES
  }

  broadcast(frame: Frame): void {
    if (this.#links.size === 0) return
    const bytes = this.#encoder.encode(frame)
    for (const link of this.#links.values()) {
      if (this.#hasRoom(link)) link.records.out.append(bytes, 0, bytes.length)
    }
  }

  taken(): Promise<void> {
    if (this.#taken !== undefined) return this.#taken.promise
    if (!this.#somethingWaits()) return NOTHING_WAITS
    this.#taken = new TakenWait()
    this.#options.endOfTick.add(this)
    return this.#taken.promise
  }

  /** End of the tick: from here on, what `taken` waits for is on its way. */
  flush(): void {
    const wait = this.#taken
    if (wait === undefined) return
    this.#taken = undefined
    for (const link of this.#links.values()) {
      link.records.flush()
      link.holdUp(wait)
    }
    wait.done()
  }

  onFrame(receive: (from: WorkerAddress, frame: Frame) => void): void {
    this.#receive = receive
  }

  onPeer(change: (peer: WorkerAddress, up: boolean) => void): void {
    this.#change = change
  }

  /** Sends what was gathered and ends; peers are no longer reported. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.flush()
    this.#links.clear()
    this.#peers = []
    await this.#mesh.close()
  }

  #hasRoom({ records }: HostLink): boolean {
    if (records.broken) return false
    if (records.waitingBytes <= this.#waitingBytesMax) return true
    records.cut(
      new BrokerError('BUS_PROTOCOL', `more than ${this.#waitingBytesMax} bytes wait for a worker that does not read`),
    )
    return false
  }

  #somethingWaits(): boolean {
    for (const link of this.#links.values()) if (link.records.waitingBytes > 0) return true
    return false
  }

  #up(peer: WorkerAddress, link: HostLink): void {
    this.#links.set(peer, link)
    this.#peers = [...this.#links.keys()]
    this.#change(peer, true)
  }

  #down(peer: WorkerAddress): void {
    this.#links.delete(peer)
    this.#peers = [...this.#links.keys()]
    this.#change(peer, false)
  }
}
