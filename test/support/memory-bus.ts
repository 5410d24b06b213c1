import { FrameDecoder, FrameEncoder } from '../../src/bus/frame-codec.ts'
import type { Frame } from '../../src/core/frame.ts'
import type { Bus, WorkerAddress } from '../../src/ports/bus.ts'

/** Before each frame, for links that cut it out of a stream. */
const LENGTH_BYTES = 4
const WIPED = 0xee

interface Sent {
  readonly from: WorkerAddress
  readonly to: WorkerAddress
  readonly bytes: Buffer
}

/**
 * Joins the workers of one test. Frames wait until the test lets them through, in order on each link. They go as bytes,
 * which are wiped once a worker was handed its frame: who has kept a part of it without asking is found out.
 */
export class MemoryNetwork {
  readonly #buses = new Map<WorkerAddress, MemoryBus>()
  readonly #held = new Set<string>()
  readonly #encoder = new FrameEncoder()
  #sent: Sent[] = []
  #takers: (() => void)[] = []
  /** True: what is sent is not taken, as by an operating system whose buffers are full. */
  stalled = false
  /** Workers for which more waits than they take. */
  readonly congested = new Set<WorkerAddress>()

  /** Makes the bus of a worker; it has no peers until {@link raise}. */
  join(address: WorkerAddress): MemoryBus {
    const bus = new MemoryBus(this, address)
    this.#buses.set(address, bus)
    return bus
  }

  /** The worker at `address` and all others that are up see each other from now on. */
  raise(address: WorkerAddress): void {
    const bus = this.#busAt(address)
    for (const peer of this.#buses.values()) {
      if (peer === bus || !peer.up) continue
      peer.notice(address, true)
      bus.notice(peer.self, true)
    }
    bus.up = true
  }

  /** The worker at `address` is dead: its frames on the way are lost, and its peers are told. */
  kill(address: WorkerAddress): void {
    this.#buses.delete(address)
    this.#sent = this.#sent.filter(({ from, to }) => from !== address && to !== address)
    for (const peer of this.#buses.values()) peer.notice(address, false)
  }

  /** Frames between the two stay on the way until {@link release}. */
  hold(one: WorkerAddress, other: WorkerAddress): void {
    this.#held.add(linkOf(one, other)).add(linkOf(other, one))
  }

  release(one: WorkerAddress, other: WorkerAddress): void {
    for (const link of [linkOf(one, other), linkOf(other, one)]) this.#held.delete(link)
  }

  post(from: WorkerAddress, to: WorkerAddress, frame: Frame): void {
    const encoded = Buffer.from(this.#encoder.encode(frame))
    this.#sent.push({ from, to, bytes: encoded.subarray(LENGTH_BYTES) })
  }

  /** Resolves when the frames sent so far are on their way, which is when the tick ends. */
  taken(): Promise<void> {
    return new Promise(resolve => this.#takers.push(resolve))
  }

  /** Brings the frames to their workers; false: there was nothing to do. */
  deliver(): boolean {
    const takers = this.stalled ? [] : this.#takers
    if (!this.stalled) this.#takers = []
    for (const resolve of takers) resolve()
    const sent = this.#sent
    this.#sent = sent.filter(({ from, to }) => this.#held.has(linkOf(from, to)))
    const passed = sent.filter(({ from, to }) => !this.#held.has(linkOf(from, to)))
    for (const { from, to, bytes } of passed) {
      this.#buses.get(to)?.receive(from, bytes)
      bytes.fill(WIPED)
    }
    return passed.length + takers.length > 0
  }

  #busAt(address: WorkerAddress): MemoryBus {
    const bus = this.#buses.get(address)
    if (bus === undefined) throw new Error(`${address} has not joined`)
    return bus
  }
}

/** One worker's end of a {@link MemoryNetwork}. */
export class MemoryBus implements Bus {
  readonly self: WorkerAddress
  up = false
  readonly #network: MemoryNetwork
  readonly #peers = new Set<WorkerAddress>()
  readonly #decoder = new FrameDecoder()
  #receive: (from: WorkerAddress, frame: Frame) => void = () => {}
  #change: (peer: WorkerAddress, up: boolean) => void = () => {}

  constructor(network: MemoryNetwork, self: WorkerAddress) {
    this.#network = network
    this.self = self
  }

  peers(): readonly WorkerAddress[] {
    return [...this.#peers]
  }

  send(to: WorkerAddress, frame: Frame): void {
    if (this.#peers.has(to)) this.#network.post(this.self, to, frame)
  }

  broadcast(frame: Frame): void {
    for (const peer of this.#peers) this.send(peer, frame)
  }

  congested(to: WorkerAddress): boolean {
    return this.#network.congested.has(to)
  }

  taken(): Promise<void> {
    return this.#network.taken()
  }

  onFrame(receive: (from: WorkerAddress, frame: Frame) => void): void {
    this.#receive = receive
  }

  onPeer(change: (peer: WorkerAddress, up: boolean) => void): void {
    this.#change = change
  }

  async close(): Promise<void> {}

  receive(from: WorkerAddress, bytes: Buffer): void {
    const frame = this.#decoder.decode(bytes, 0, bytes.length)
    if (frame.kind !== 'hello') this.#receive(from, frame)
  }

  notice(peer: WorkerAddress, up: boolean): void {
    if (up) this.#peers.add(peer)
    else this.#peers.delete(peer)
    this.#change(peer, up)
  }
}

function linkOf(from: WorkerAddress, to: WorkerAddress): string {
  return `${from} ${to}`
}
